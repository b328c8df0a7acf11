import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const examples = path.resolve(import.meta.dirname, '..', '..', 'examples');

async function run(example: string, ...args: string[]): Promise<{ result: Record<string, unknown>; lines: string[] }> {
  const file = path.join(examples, example, 'index.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { timeout: 40_000 });
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
  expect(result).toMatchObject({ outcome: 'accepted', orderStates: ['pending_new', 'new', 'pending_cancel', 'canceled'] });
  expect(result['trades']).toBeGreaterThan(0);
  expect(result['updates']).toBeGreaterThan(20);
}

function checkCallbacks(result: Record<string, unknown>): void {
  expect(result).toMatchObject({ orderStates: 4, errors: 1 });
  expect(result['trades']).toBeGreaterThan(1);
  expect(result['snapshots']).toBeGreaterThan(0);
  expect(result['health']).toBeGreaterThan(0);
}

function checkStatistics(result: Record<string, unknown>): void {
  expect(result).toMatchObject({ gaps: 0, lost: 0, dropped: 0, decodeErrors: 0 });
  const { tradeCount, buyVolume, sellVolume, bid, ask, spread, minSpread, maxSpread, depthUpdates } = result as Record<string, number>;
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
    const child = spawn(process.execPath, [path.join(examples, 'live-connector', 'index.mjs'), '--stub', '--json']);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    setTimeout(() => child.kill('SIGINT'), 1_500);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    checkStatistics(JSON.parse(out) as Record<string, unknown>);
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
    const { result } = await run('live-connector', '--connector', name, '--duration', '2', '--json');
    expect(result['backend']).toBe('native');
    checkStatistics(result);
    checkSync((await run('sync', name, 'BTCUSDT', '2')).result);
    checkAsync((await run('async', name, 'BTCUSDT', '2')).result);
    checkCallbacks((await run('callbacks', name, 'BTCUSDT', '2')).result);
  });
});
