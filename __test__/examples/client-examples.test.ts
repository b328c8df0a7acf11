import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { startFakeBybit } from '../support/fake-bybit-venue.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const examples = path.resolve(import.meta.dirname, '..', '..', 'examples');

async function run(
  example: string,
  ...args: string[]
): Promise<{ result: Record<string, unknown>; lines: string[] }> {
  const file = path.join(examples, example, 'index.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    timeout: 55_000,
  });
  const lines = stdout.trim().split('\n');
  return { result: JSON.parse(lines.at(-1)!) as Record<string, unknown>, lines };
}

function checkSync(result: Record<string, unknown>): void {
  expect(result).toMatchObject({ order: 'canceled', position: 0 });
  expect(result['feeds']).toBeGreaterThan(20);
  expect(result['trades']).toBeGreaterThan(0);
  expect(result['ask']).toBeGreaterThan(result['bid'] as number);
}

function checkAsync(result: Record<string, unknown>): void {
  expect(result).toMatchObject({
    outcome: 'accepted',
    orderUpdates: ['pending_new', 'new', 'pending_cancel', 'canceled'],
  });
  expect(result['trades']).toBeGreaterThan(0);
  expect(result['updates']).toBeGreaterThan(20);
}

function checkCallbacks(result: Record<string, unknown>): void {
  expect(result).toMatchObject({ orderUpdates: 4, errors: 1 });
  expect(result['trades']).toBeGreaterThan(1);
  expect(result['snapshots']).toBeGreaterThan(0);
  expect(result['health']).toBeGreaterThan(0);
}

function checkStatistics(result: Record<string, unknown>): void {
  expect(result).toMatchObject({ gaps: 0, lost: 0, dropped: 0, decodeErrors: 0 });
  const {
    tradeCount,
    buyVolume,
    sellVolume,
    bid,
    ask,
    spread,
    minSpread,
    maxSpread,
    depthUpdates,
  } = result as Record<string, number>;
  expect(tradeCount).toBeGreaterThan(0);
  expect(buyVolume! + sellVolume!).toBeGreaterThan(0);
  expect(ask! - bid!).toBeCloseTo(spread!, 9);
  expect(minSpread).toBeLessThanOrEqual(maxSpread!);
  expect(minSpread).toBeGreaterThan(0);
  expect(depthUpdates).toBeGreaterThan(20);
}

describe('the examples on the stub', () => {
  it('live-connector prints one line of JSON with its statistics', async () => {
    const { result, lines } = await run('live-connector', '--stub', '--duration', '2', '--json');
    expect(lines).toHaveLength(1);
    expect(result['backend']).toBe('stub');
    checkStatistics(result);
  });

  it('live-connector ends in order at Ctrl+C', async () => {
    const child = spawn(process.execPath, [
      path.join(examples, 'live-connector', 'index.mjs'),
      '--stub',
    ]);
    const closed = once(child, 'close');
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    const seen = (): number => Number(/.*depth updates (\d+)/s.exec(out)?.[1] ?? 0);
    await until(() => seen() > 20, 'a line of its statistics', 20_000);
    const before = out;
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    const shown = out.slice(before.length).replace(/^[^{]*/, '');
    checkStatistics(runInNewContext(`(${shown})`) as Record<string, unknown>);
  });

  it('sync trades in a blocking loop', async () => {
    checkSync((await run('sync', 'stub', 'BTCUSDT', '2')).result);
  });

  it('async reads three iterators', async () => {
    checkAsync((await run('async', 'stub', 'BTCUSDT', '2')).result);
  });

  it('callbacks survives a handler that throws', async () => {
    checkCallbacks((await run('callbacks', 'stub', 'BTCUSDT', '2')).result);
  });
});

describeNative('the examples on a connector', () => {
  it('all do the same over shared memory', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const { result } = await run(
      'live-connector',
      '--connector',
      name,
      '--duration',
      '2',
      '--json',
    );
    expect(result['backend']).toBe('native');
    checkStatistics(result);
    checkSync((await run('sync', name, 'BTCUSDT', '2')).result);
    checkAsync((await run('async', name, 'BTCUSDT', '2')).result);
    checkCallbacks((await run('callbacks', name, 'BTCUSDT', '2')).result);
  });
});

/** Lines as hftbacktest's collector writes them for Binance USD-M: a snapshot, changes, trades. */
function recording(messages: number): {
  text: string;
  trades: number;
  buyVolume: number;
  sellVolume: number;
  levels: number;
} {
  const startNs = 1_723_161_256_000_000_000n;
  const lines: string[] = [];
  const levels = (from: number, step: number): string[][] =>
    Array.from({ length: 50 }, (_, i) => [(from + i * step).toFixed(1), '1.000']);
  const counted = { trades: 0, buyVolume: 0, sellVolume: 0, levels: 100 };
  const say = (i: number, value: unknown): void => {
    lines.push(`${String(startNs + BigInt(i) * 1_000_000n)} ${JSON.stringify(value)}`);
  };
  say(0, {
    lastUpdateId: 100,
    E: 1_723_161_256_000,
    T: 1_723_161_256_000,
    bids: levels(60_000, -0.1),
    asks: levels(60_000.1, 0.1),
  });
  let update = 100;
  for (let i = 1; i <= messages; i += 1) {
    const ms = 1_723_161_256_000 + i;
    if (i % 3 === 0) {
      const isMaker = i % 2 === 0;
      const qty = (i % 7) + 1;
      counted.trades += 1;
      counted[isMaker ? 'sellVolume' : 'buyVolume'] += qty;
      say(i, {
        stream: 'btcusdt@trade',
        data: {
          e: 'trade',
          E: ms,
          T: ms,
          s: 'BTCUSDT',
          t: i,
          p: '60000.0',
          q: String(qty),
          X: 'MARKET',
          m: isMaker,
        },
      });
    } else {
      counted.levels += 2;
      const data = {
        e: 'depthUpdate',
        E: ms,
        T: ms,
        s: 'BTCUSDT',
        U: update === 100 ? 100 : update + 1,
        u: update + 1,
        pu: update === 100 ? 99 : update,
        b: [['59990.0', String((i % 9) + 2)]],
        a: [['60010.0', String((i % 8) + 2)]],
      };
      update += 1;
      say(i, { stream: 'btcusdt@depth@0ms', data });
    }
  }
  return { text: `${lines.join('\n')}\n`, ...counted };
}

describeNative('live-connector on a recording', () => {
  it('counts exactly what the file holds, replayed at 20 times its speed, and loses nothing', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'recording-'));
    try {
      const file = path.join(folder, 'btcusdt_20240808.gz');
      const truth = recording(30_000);
      writeFileSync(file, gzipSync(truth.text));
      const name = uniqueName();
      await startConnector(name, 'replay', 'BTCUSDT', file, '--speed', '20');
      const { result } = await run(
        'live-connector',
        '--connector',
        name,
        '--duration',
        '8',
        '--json',
      );
      expect(result).toMatchObject({
        tradeCount: truth.trades,
        buyVolume: truth.buyVolume,
        sellVolume: truth.sellVolume,
        bid: 60_000,
        ask: 60_000.1,
        levelChanges: truth.levels,
        gaps: 0,
        lost: 0,
        dropped: 0,
        decodeErrors: 0,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeNative('live-connector on Bybit', () => {
  it('reads a fake venue over a connector in a process of its own', async () => {
    const venue = await startFakeBybit();
    const name = uniqueName();
    await startConnector(name, 'bybit', 'BTCUSDT', venue.configFile);
    const { result } = await run(
      'live-connector',
      '--connector',
      name,
      '--duration',
      '5',
      '--json',
    );
    checkStatistics(result);
    expect(result['bid']).toBeGreaterThan(10_000);
  });

  it('starts the connector itself with --start, and leaves none', async () => {
    const venue = await startFakeBybit();
    const args = ['--connector', 'bybit', '--start', '--config', venue.configFile];
    const { result, lines } = await run('live-connector', ...args, '--duration', '5', '--json');
    expect(lines).toHaveLength(1);
    expect(result['backend']).toBe('native');
    checkStatistics(result);
    expect(await venue.run('connections')).toEqual([]);
  });
});
