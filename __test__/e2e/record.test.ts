// What a recorder writes from a live connector: loaded by hftbacktest's backtester, and played back
// by the connector to the same events.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { recordClient } from '../../lib/record/record-client.js';
import { Recorder } from '../../lib/record/recorder.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { isTrade, rowsIn } from '../support/recorded-rows.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const main = path.join(root, 'dist', 'cli', 'main.js');
const [TICK, LOT] = [0.1, 0.001];

/** Counted from a client's events, in whole lots: sums of floats would depend on their order. */
interface Seen {
  trades: number;
  boughtLots: number;
  soldLots: number;
  bestBid: number;
  bestAsk: number;
}

let folder: string;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-record-'));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

function watch(connector: string): { client: LiveClient; seen: Seen } {
  const client = new LiveClient({
    instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(TICK).lotSize(LOT)],
    backend: 'native',
    onError: () => undefined,
  });
  ends.push(() => client.close());
  const seen: Seen = { trades: 0, boughtLots: 0, soldLots: 0, bestBid: NaN, bestAsk: NaN };
  client.on('trade', ({ side, qty }) => {
    seen.trades += 1;
    seen[side === 'buy' ? 'boughtLots' : 'soldLots'] += Math.round(qty / LOT);
  });
  client.on('bookUpdate', () => {
    const { bids, asks } = client.snapshot(0, 1);
    seen.bestBid = bids[0]?.price ?? NaN;
    seen.bestAsk = asks[0]?.price ?? NaN;
  });
  return { client, seen };
}

/** Records a running simulator into both formats until there are so many trades. */
async function record(trades: number): Promise<{ npz: string; gz: string; seen: Seen }> {
  const name = uniqueName();
  await startConnector(name, 'sim', 'BTCUSDT');
  const { client, seen } = watch(name);
  const recorders = (['npz', 'gz'] as const).map(
    (format) =>
      new Recorder({
        folder: path.join(folder, format),
        format,
        ...{ symbol: 'BTCUSDT', tickSize: TICK, lotSize: LOT },
      }),
  );
  for (const recorder of recorders) recordClient(client, recorder);
  await client.start();
  await client.ready(10_000);
  await until(() => seen.trades >= trades, 'trades', 20_000);
  for (const recorder of recorders) recorder.close();
  const final = { ...seen };
  await client.close();
  const [npz, gz] = recorders.map((recorder) => recorder.health.files);
  expect([npz?.length, gz?.length]).toEqual([1, 1]);
  expect(npz?.[0]).toMatchObject({ trades: final.trades });
  // The simulator's clock and the bot's differ by what passed between their two readings: microseconds,
  // or a time slice on a busy machine. There some rows come in another order than the exchange's, too;
  // why is not known. Both are noted, and what is played back below is compared with what was seen live.
  const notes = npz![0]!.notes.filter(
    (note) =>
      !/ \d{1,8} ns later: the clocks made/.test(note) &&
      !/^\d{1,4} rows came in another order than the exchange's: each is two now$/.test(note),
  );
  expect(notes).toEqual([]);
  return { npz: npz![0]!.path, gz: gz![0]!.path, seen: final };
}

/** Plays a recording back into a client. */
async function playBack(...args: string[]): Promise<Seen> {
  const name = uniqueName();
  const connector = await startConnector(name, 'replay', ...args, '--speed', '5', '--exit-at-end');
  const { client, seen } = watch(name);
  const exited = once(connector, 'exit');
  await client.start();
  await exited;
  await until(() => client.health.ringPending === 0, 'everything was read');
  expect(client.health).toMatchObject({ gaps: 0, lost: 0, dropped: 0 });
  return seen;
}

describeNative('a recording of a live connector', () => {
  it('is loaded by hftbacktest’s backtester, and played back to the same events', async () => {
    const { npz, gz, seen } = await record(100);
    expect(await playBack(npz, 'BTCUSDT')).toEqual(seen);
    expect(await playBack(gz)).toEqual(seen);

    const program = path.join(root, 'target', 'release', 'examples', 'backtest_recording');
    expect(existsSync(program), '`cargo test` builds the examples').toBe(true);
    const run = spawnSync(program, [npz, String(TICK), String(LOT)], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const result = JSON.parse(run.stdout) as Record<string, number>;
    expect(result).toMatchObject({ trades: seen.trades, crossed: 0, position: LOT });
    // hftbacktest multiplies ticks by the tick size: 500 057 × 0.1 is not the 50 005.7 of a decimal.
    expect(Math.round(result['bestBid']! / TICK)).toBe(Math.round(seen.bestBid / TICK));
    expect(Math.round(result['bestAsk']! / TICK)).toBe(Math.round(seen.bestAsk / TICK));
    expect(Math.round(result['bought']! / LOT)).toBe(seen.boughtLots);
    expect(Math.round(result['sold']! / LOT)).toBe(seen.soldLots);
  }, 60_000);

  it('keeps what was flushed when its process is killed', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const recorder = spawn(
      process.execPath,
      [main, 'record', '--connector', name, '--backend', 'native', '--out', folder],
      { stdio: 'ignore' },
    );
    ends.push(() => recorder.kill('SIGKILL'));
    const ended = once(recorder, 'exit');
    const flushedTrades = (): number => {
      const file = readdirSync(folder).find((each) => each.endsWith('.npy'));
      if (file === undefined) return 0;
      try {
        return rowsIn(readFileSync(path.join(folder, file))).filter(isTrade).length;
      } catch (error) {
        // Read between the count in the head and its last row.
        if (error instanceof RangeError) return 0;
        throw error;
      }
    };
    await until(() => flushedTrades() > 20, 'trades in the file', 30_000);
    recorder.kill('SIGKILL');
    await ended;
    const [left] = readdirSync(folder);
    expect(left).toMatch(/\.npy$/);
    // As it is, and after `record --recover`.
    const asItIs = await playBack(path.join(folder, left!), 'BTCUSDT');
    expect(asItIs.trades).toBeGreaterThan(20);
    const recovered = spawnSync(process.execPath, [main, 'record', '--recover', folder], {
      encoding: 'utf8',
    });
    expect([recovered.status, recovered.stderr]).toEqual([0, '']);
    const [packed] = readdirSync(folder);
    expect(packed).toBe(left!.replace('.npy', '.npz'));
    expect(await playBack(path.join(folder, packed!), 'BTCUSDT')).toEqual(asItIs);
  }, 60_000);
});
