// Files of a recorder, read again by other means: Python's numpy layout by hand, and zlib.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EXCH_EVENT, EventRows, LOCAL_EVENT, ROW_BYTES } from '../../lib/npz/event-rows.js';
import { HEADER_BYTES, npyHeader } from '../../lib/npz/npy-header.js';
import { orderRows } from '../../lib/record/order-rows.js';
import { Recorder, recoverRecordings, type RecorderOptions } from '../../lib/record/recorder.js';
import type { RecordedLevel } from '../../lib/record/recording-file.js';
import { rowsIn, unpack, type Row } from '../support/recorded-rows.js';
import { until } from '../support/until.js';

let folder: string;
const recorders: Recorder[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-record-'));
});
afterEach(() => {
  for (const recorder of recorders.splice(0)) recorder.close();
  rmSync(folder, { recursive: true, force: true });
});

function recorderOf(options: Partial<RecorderOptions> = {}): Recorder {
  const recorder = new Recorder({
    folder,
    symbol: 'BTCUSDT',
    tickSize: 0.1,
    lotSize: 0.001,
    ...options,
  });
  recorders.push(recorder);
  return recorder;
}

const bid = (price: number, qty: number): RecordedLevel => ({ side: 'buy', price, qty });
const ask = (price: number, qty: number): RecordedLevel => ({ side: 'sell', price, qty });
const BOTH = EXCH_EVENT | LOCAL_EVENT;
const BUY = 1n << 29n;
const SELL = 1n << 28n;

describe('an event array', () => {
  it('holds the book, its changes and the trades, with their times and sides', () => {
    const recorder = recorderOf();
    recorder.depth(10n, 20n, [bid(99.9, 1), ask(100, 2)], true);
    recorder.trade(11n, 21n, { side: 'sell', price: 99.9, qty: 0.5 });
    recorder.depth(12n, 22n, [bid(99.9, 0)], false);
    recorder.close();
    const [file] = recorder.health.files;
    expect(file).toMatchObject({ trades: 1, levels: 3, notes: [] });
    expect(path.basename(file!.path)).toMatch(/^BTCUSDT_\d{8}-\d{6}\.npz$/);
    expect(unpack(file!.path)).toEqual([
      { ev: BOTH | BUY | 1n, exch: 10n, local: 20n, px: 99.9, qty: 1 },
      { ev: BOTH | SELL | 1n, exch: 10n, local: 20n, px: 100, qty: 2 },
      { ev: BOTH | SELL | 2n, exch: 11n, local: 21n, px: 99.9, qty: 0.5 },
      { ev: BOTH | BUY | 1n, exch: 12n, local: 22n, px: 99.9, qty: 0 },
    ]);
    expect(readdirSync(folder)).toEqual([path.basename(file!.path)]);
  });

  it('can be read while it is written, up to the last flush', async () => {
    const recorder = recorderOf({ flushMs: 5 });
    recorder.depth(10n, 20n, [bid(99.9, 1)], true);
    const [name] = readdirSync(folder);
    const rows = (): Row[] => rowsIn(readFileSync(path.join(folder, name!)));
    expect(name).toMatch(/\.npy$/);
    expect(rows()).toEqual([]);
    await until(() => rows().length === 1, 'the first row');
    recorder.trade(11n, 21n, { side: 'buy', price: 100, qty: 1 });
    await until(() => rows().length === 2, 'the second row');
  });

  it('is recovered after a kill, without what was half written', async () => {
    const recorder = recorderOf({ flushMs: 5 });
    recorder.depth(10n, 20n, [bid(99.9, 1), ask(100, 1)], true);
    const [name] = readdirSync(folder);
    const file = path.join(folder, name!);
    await until(() => rowsIn(readFileSync(file)).length === 2, 'two rows');
    // Rows that came after the header, and half of one.
    const left = Buffer.concat([readFileSync(file), Buffer.alloc(100, 7)]);
    recorder.close();
    for (const other of readdirSync(folder)) rmSync(path.join(folder, other));
    writeFileSync(file, left);
    writeFileSync(path.join(folder, 'notes.npy'), 'another program’s');
    const [recovered, ...others] = recoverRecordings(folder);
    expect(others).toEqual([]);
    expect(unpack(recovered!.path).map(({ px }) => px)).toEqual([99.9, 100]);
    expect(readdirSync(folder).sort()).toEqual(
      [path.basename(recovered!.path), 'notes.npy'].sort(),
    );
  });

  it('is recovered as far as it goes when its end is missing', async () => {
    const recorder = recorderOf({ flushMs: 5 });
    recorder.depth(10n, 20n, [bid(99.9, 1), ask(100, 1), ask(100.1, 1)], true);
    const file = path.join(folder, readdirSync(folder)[0]!);
    await until(() => rowsIn(readFileSync(file)).length === 3, 'three rows');
    // A machine that lost power: the header names more rows than were written.
    const left = readFileSync(file).subarray(0, -100);
    recorder.close();
    for (const other of readdirSync(folder)) rmSync(path.join(folder, other));
    writeFileSync(file, left);
    const [recovered] = recoverRecordings(folder);
    expect(recovered).toMatchObject({ levels: 1, trades: 0 });
    expect(unpack(recovered!.path).map(({ px }) => px)).toEqual([99.9]);
  });

  it('refuses to recover what is no recording', () => {
    writeFileSync(path.join(folder, 'X_20260101-000000.npy'), Buffer.alloc(500));
    expect(() => recoverRecordings(folder)).toThrow(/no recording/);
  });

  it('is recovered beside files that cannot be, which are named and left alone', () => {
    const left = Buffer.concat([npyHeader(1), Buffer.alloc(ROW_BYTES, 1)]);
    const names = ['A_20260101-000000', 'B_20260101-000000', 'C_20260101-000000-2'];
    writeFileSync(path.join(folder, `${names[0]!}.npy`), Buffer.alloc(500));
    mkdirSync(path.join(folder, `${names[1]!}.npy`));
    writeFileSync(path.join(folder, `${names[2]!}.npy`), left);
    const reported: string[] = [];
    const recover = (): unknown => recoverRecordings(folder, (file) => reported.push(file.path));
    expect(recover).toThrow(/2 of 3 files.*A_20260101.*no recording.*B_20260101.*EISDIR/);
    expect(reported).toEqual([path.join(folder, `${names[2]!}.npz`)]);
    expect(readdirSync(folder).sort()).toEqual(
      [`${names[0]!}.npy`, `${names[1]!}.npy`, `${names[2]!}.npz`].sort(),
    );
  });

  it('orders events by their times where two streams were stamped in another order', () => {
    const recorder = recorderOf();
    recorder.depth(10n, 1_000n, [bid(99.9, 1)], true);
    recorder.depth(11n, 2_000n, [bid(99.9, 2)], false);
    recorder.trade(12n, 1_500n, { side: 'buy', price: 100, qty: 1 });
    recorder.close();
    const [file] = recorder.health.files;
    const seen = unpack(file!.path).filter(({ ev }) => (ev & LOCAL_EVENT) !== 0n);
    expect(seen.map(({ local }) => local)).toEqual([1_000n, 1_500n, 2_000n]);
    expect(file!.notes).toEqual([expect.stringContaining('another order than the exchange')]);
  });

  it('keeps the order in which events came when the clock runs back a little, and notes that', () => {
    const recorder = recorderOf();
    const ms = 1_000_000n;
    recorder.depth(10n, 10n * ms, [bid(99.9, 1)], true);
    recorder.depth(11n, 20n * ms, [bid(99.9, 2)], false);
    recorder.depth(12n, 15n * ms, [bid(99.9, 3)], false);
    recorder.trade(13n, 14n * ms, { side: 'buy', price: 100, qty: 1 });
    recorder.close();
    const { files, clockSetBack } = recorder.health;
    expect([files.length, clockSetBack]).toEqual([1, 0]);
    const rows = unpack(files[0]!.path);
    expect(rows.map(({ local }) => local)).toEqual([10n * ms, 20n * ms, 20n * ms, 20n * ms]);
    expect(rows.slice(0, 3).map(({ qty }) => qty)).toEqual([1, 2, 3]);
    expect(files[0]!.notes).toEqual([
      expect.stringContaining('2 times of receipt, up to 6000000 ns'),
    ]);
  });
});

describe('the collector’s text', () => {
  it('is what the collector writes, snapshots as REST answers, ids without a gap', () => {
    const recorder = recorderOf({ format: 'gz' });
    recorder.depth(1_000_000n, 5n, [bid(99.9, 1), ask(100, 2)], true);
    recorder.depth(2_000_000n, 6n, [bid(99.8, 0.25)], false);
    recorder.trade(3_000_000n, 7n, { side: 'buy', price: 100, qty: 0.001 });
    recorder.depth(4_000_000n, 8n, [bid(99.7, 1)], true);
    recorder.close();
    const lines = gunzipSync(readFileSync(recorder.health.files[0]!.path)).toString().trim();
    const parsed = lines.split('\n').map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), JSON.parse(line.slice(space)) as unknown];
    });
    const depth = { stream: 'btcusdt@depth@0ms' };
    expect(parsed).toMatchObject([
      ['5', { lastUpdateId: 1, T: 1, bids: [['99.9', '1.000']], asks: [['100.0', '2.000']] }],
      ['6', { ...depth, data: { U: 2, u: 2, pu: 1, T: 2, b: [['99.8', '0.250']], a: [] } }],
      ['7', { data: { e: 'trade', T: 3, p: '100.0', q: '0.001', m: false, X: 'MARKET' } }],
      ['8', { lastUpdateId: 3, bids: [['99.7', '1.000']], asks: [] }],
    ]);
  });

  it('can be read up to the last flush after a kill', async () => {
    const recorder = recorderOf({ format: 'gz', flushMs: 5 });
    recorder.depth(1_000_000n, 5n, [bid(99.9, 1)], true);
    const file = path.join(folder, readdirSync(folder)[0]!);
    const read = (): string => {
      const bytes = readFileSync(file);
      return bytes.length === 0 ? '' : gunzipSync(bytes).toString();
    };
    await until(() => read().split('\n').length === 2, 'the first line');
    recorder.trade(3_000_000n, 7n, { side: 'buy', price: 100, qty: 0.001 });
    await until(() => read().split('\n').length === 3, 'the second line');
  });

  it('holds quantities that are finer than the lot as they are', () => {
    const recorder = recorderOf({ format: 'gz' });
    recorder.depth(1_000_000n, 5n, [bid(61800.1, 0.00000123), ask(61800.2, 0.1 + 0.2)], true);
    recorder.trade(3_000_000n, 7n, { side: 'buy', price: 61800.2, qty: 1.2e-7 });
    recorder.close();
    const text = gunzipSync(readFileSync(recorder.health.files[0]!.path)).toString();
    expect(text).toContain('"bids":[["61800.1","0.00000123"]],"asks":[["61800.2","0.300"]]');
    expect(text).toContain('"p":"61800.2","q":"0.00000012"');
  });
});

describe('a recorder', () => {
  it('of both formats begins, rotates and names the files of a pair alike', () => {
    const recorder = recorderOf({ format: 'both', rotateBytes: 4096 });
    for (let turn = 1; turn <= 300; turn += 1) {
      const at = BigInt(turn) * 1_000_000n;
      recorder.depth(at, at, [bid(100, turn), ask(101, turn)], turn === 1);
      recorder.trade(at, at, { side: 'buy', price: 101, qty: 1 });
    }
    recorder.close();
    const { files, trades } = recorder.health;
    expect(files.length).toBeGreaterThan(6);
    const stems = files.map((file) => path.parse(file.path).name);
    for (let pair = 0; pair < files.length; pair += 2) {
      expect(stems[pair]).toBe(stems[pair + 1]);
      expect(files.slice(pair, pair + 2).map((file) => path.extname(file.path))).toEqual([
        '.npz',
        '.gz',
      ]);
      expect(files[pair]!.trades).toBe(files[pair + 1]!.trades);
      expect(files[pair]!.levels).toBe(files[pair + 1]!.levels);
    }
    expect(new Set(stems).size).toBe(files.length / 2);
    const written = files.filter((_, index) => index % 2 === 0);
    expect(written.reduce((sum, file) => sum + file.trades, 0)).toBe(trades);
  });

  it.each(['npz', 'gz'] as const)('begins every %s file with the whole book', (format) => {
    const recorder = recorderOf({ format, rotateBytes: 4096 });
    recorder.depth(1_000_000n, 5n, [bid(99.9, 1), bid(99.8, 1), ask(100, 2)], true);
    recorder.depth(1_000_000n, 5n, [bid(99.8, 0)], false);
    for (let index = 0; index < 200; index += 1) {
      recorder.trade(2_000_000n, 6n, { side: 'buy', price: 100, qty: 0.001 });
    }
    recorder.close();
    const { files, trades } = recorder.health;
    expect(files.length).toBeGreaterThan(2);
    expect(files.reduce((sum, file) => sum + file.trades, 0)).toBe(trades);
    for (const { path: file } of files.slice(1)) {
      if (format === 'npz') {
        expect(unpack(file).slice(0, 2)).toMatchObject([{ px: 99.9 }, { px: 100 }]);
      } else {
        const [first] = gunzipSync(readFileSync(file)).toString().split('\n');
        expect(first).toContain('"bids":[["99.9","1.000"]],"asks":[["100.0","2.000"]]');
      }
    }
  });

  it.each(['npz', 'gz'] as const)('begins a new %s file when the clock is set back', (format) => {
    const recorder = recorderOf({ format });
    const hourNs = 3_600_000_000_000n;
    const startNs = 1_700_000_000_000_000_000n;
    recorder.depth(startNs, startNs + 5n, [bid(99.9, 1), ask(100, 2)], true);
    recorder.trade(startNs + 1n, startNs + 6n, { side: 'buy', price: 100, qty: 1 });
    recorder.depth(startNs + 2n, startNs + 7n - hourNs, [bid(99.8, 1)], false);
    recorder.trade(startNs + 3n, startNs + 8n - hourNs, { side: 'buy', price: 100, qty: 1 });
    recorder.close();
    const { files, clockSetBack } = recorder.health;
    expect([files.length, clockSetBack]).toEqual([2, 1]);
    expect(files[0]!.notes).toEqual([expect.stringContaining('set back by 3599999999999 ns')]);
    expect(files.map(({ trades }) => trades)).toEqual([1, 1]);
    if (format === 'npz') {
      // Each file is in order by itself, and begins with the whole book.
      for (const { path: file } of files) {
        const times = unpack(file).map(({ local }) => local);
        expect(times).toEqual([...times].sort());
        expect(unpack(file).slice(0, 2)).toMatchObject([{ px: 99.9 }, { px: 100 }]);
      }
    }
  });

  it.each(['BTCUSDT_260925', 'BTC-25SEP26', '币安人生USDT'])(
    'records %s, and recovers it',
    (symbol) => {
      const recorder = recorderOf({ symbol });
      recorder.depth(1n, 1n, [bid(99.9, 1)], true);
      recorder.close();
      const [file] = recorder.health.files;
      expect(path.basename(file!.path)).toContain(`${symbol}_`);
      const left = Buffer.concat([npyHeader(1), Buffer.alloc(ROW_BYTES, 1)]);
      writeFileSync(path.join(folder, `${symbol}_20260101-000000.npy`), left);
      expect(recoverRecordings(folder)).toHaveLength(1);
    },
  );

  it('takes away what a new whole book does not have', () => {
    const recorder = recorderOf();
    recorder.depth(1n, 1n, [bid(99.9, 1), ask(100, 2)], true);
    recorder.depth(2n, 2n, [bid(99.9, 3)], true);
    recorder.close();
    expect(unpack(recorder.health.files[0]!.path).slice(2)).toMatchObject([
      { px: 100, qty: 0 },
      { px: 99.9, qty: 3 },
    ]);
  });

  it('records nothing before the first whole book, and counts it', () => {
    const recorder = recorderOf();
    recorder.depth(1n, 1n, [bid(99.9, 1)], false);
    recorder.trade(1n, 1n, { side: 'buy', price: 1, qty: 1 });
    recorder.close();
    expect(recorder.health).toMatchObject({ skipped: 2, files: [] });
  });

  it('gives files of one second names of their own', () => {
    for (let index = 0; index < 3; index += 1) {
      const recorder = recorderOf();
      recorder.depth(1n, 1n, [bid(99.9, 1)], true);
      recorder.close();
    }
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('refuses wrong options by name', () => {
    const wrong: [Partial<RecorderOptions>, string][] = [
      [{ symbol: '../x' }, 'symbol'],
      [{ symbol: 'BTC/USDT' }, 'symbol'],
      [{ symbol: '' }, 'symbol'],
      [{ tickSize: 0 }, 'tickSize'],
      [{ rotateMs: 1 }, 'rotateMs'],
      [{ rotateBytes: 1 }, 'rotateBytes'],
    ];
    for (const [options, name] of wrong) expect(() => recorderOf(options)).toThrow(name);
  });
});

describe('the order of rows', () => {
  const times = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: -5, max: 30 })),
  );

  it('suits both sides of a backtest, and loses nothing', () => {
    fc.assert(
      fc.property(times, (events) => {
        const rows = new EventRows();
        events.forEach(([exch, latency], index) => {
          rows.add('depth', 'buy', BigInt(exch), BigInt(exch + latency), index, 1);
        });
        const { rows: bytes, split, localShiftNs } = orderRows(rows.bytes);
        const out = Array.from({ length: bytes.length / ROW_BYTES }, (_, row) => ({
          ev: bytes.readBigUInt64LE(row * ROW_BYTES),
          exch: Number(bytes.readBigInt64LE(row * ROW_BYTES + 8)),
          local: Number(bytes.readBigInt64LE(row * ROW_BYTES + 16)),
          index: bytes.readDoubleLE(row * ROW_BYTES + 24),
        }));
        const seen = (flag: bigint): typeof out => out.filter(({ ev }) => (ev & flag) !== 0n);
        const [exchange, local] = [seen(EXCH_EVENT), seen(LOCAL_EVENT)];
        expect(exchange.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
          events.map((_, i) => i),
        );
        expect(local.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
          events.map((_, i) => i),
        );
        expect(exchange.map(({ exch }) => exch)).toEqual(
          exchange.map(({ exch }) => exch).sort((a, b) => a - b),
        );
        expect(local.map((row) => row.local)).toEqual(
          local.map((row) => row.local).sort((a, b) => a - b),
        );
        for (const row of out) expect(row.local).toBeGreaterThanOrEqual(row.exch);
        expect(bytes.length / ROW_BYTES).toBe(events.length + split);
        const least = Math.min(0, ...events.map(([, latency]) => latency));
        expect(Number(localShiftNs)).toBe(0 - least);
      }),
    );
  });

  it('leaves rows alone that came in order', () => {
    const rows = new EventRows();
    for (let index = 0; index < 5; index += 1)
      rows.add('trade', 'buy', BigInt(index), 100n, index, 1);
    const { rows: bytes, split } = orderRows(rows.bytes);
    expect([split, bytes.equals(rows.bytes)]).toEqual([0, true]);
    expect(HEADER_BYTES % 64).toBe(0);
  });
});
