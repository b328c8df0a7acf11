import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { renderFrame, renderLine, type DemoFrame } from '../../lib/cli/demo-view.js';
import { describeNative } from '../support/native-suite.js';

const demo = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'demo.js');

async function run(
  ...args: string[]
): Promise<{ report: Record<string, unknown>; stderr: string }> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [demo, '--json', ...args],
    { timeout: 40_000 },
  );
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return { report: JSON.parse(lines[0]!) as Record<string, unknown>, stderr };
}

const figures = [
  'events',
  'trades',
  'bookUpdates',
  'ordersSubmitted',
  'fills',
  'position',
  'dropped',
  'gaps',
];

describe('the demo', () => {
  it('runs on the stub, says so loudly, and ends with one line of JSON', async () => {
    const { report, stderr } = await run('--backend', 'stub', '--seconds', '3');
    expect(Object.keys(report)).toEqual(['backend', ...figures, 'latencyUs']);
    expect(report).toMatchObject({ backend: 'stub', dropped: 0, gaps: 0 });
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
    expect(report['fills']).toBeGreaterThan(0);
    expect(stderr).toContain('STUB');
  });

  it('refuses what it does not know, with a reason', async () => {
    await expect(
      promisify(execFile)(process.execPath, [demo, '--seconds', '-1']),
    ).rejects.toMatchObject({
      stderr: expect.stringContaining('above 0') as string,
    });
  });

  it('shows book, trades, own orders, position, latencies and losses', () => {
    const latency = {
      count: 9,
      p50Us: 2.5,
      p90Us: 4,
      p99Us: 1_500,
      p999Us: 2_000,
      maxUs: 2_000,
      meanUs: 3,
      octaves: [],
    };
    const frame: DemoFrame = {
      banner: 'native',
      symbol: 'BTCUSDT',
      elapsedMs: 2_000,
      eventsPerSecond: 1_234,
      state: {
        bids: [[99.5, 2]],
        asks: [[100.5, 1]],
        trusted: true,
        position: -0.02,
        pnl: 1.5,
        tape: [{ side: 'sell', price: 99.5, qty: 0.3, tsMs: 0 }],
        quotes: [{ side: 'buy', price: 99.5, leavesQty: 0.02, cancelling: false }],
      },
      summary: {
        backend: 'native',
        durationMs: 2_000,
        reason: 'running',
        events: 5_000,
        batches: 1,
        trades: 70,
        bookUpdates: 900,
        ordersSubmitted: 12,
        fills: 7,
        positions: [-0.02],
        gaps: 0,
        lost: 0,
        dropped: 3,
        handlerErrors: 0,
        connectorErrors: 0,
        feedLatency: latency,
        orderLatency: latency,
      },
    };
    const text = renderFrame(frame).join('\n');
    for (const part of [
      '99.50',
      '100.50',
      'spread 1.00',
      '▼',
      'buy 0.020 @ 99.50',
      '-0.020',
      'p50 2.5 µs',
      'p99 1.5 ms',
      'dropped 3',
      '1234 events/s',
    ]) {
      expect(text).toContain(part);
    }
    expect(renderLine(frame)).toContain('fills 7');
    expect(renderFrame({ ...frame, state: undefined, summary: undefined }).join('\n')).toContain(
      'waiting for the book',
    );
  });
});

describeNative('the demo on shared memory', () => {
  it('trades on its own connector: thousands of events, orders and fills, nothing lost', async () => {
    const { report } = await run('--backend', 'native', '--seconds', '5');
    expect(report).toMatchObject({ backend: 'native', dropped: 0, gaps: 0 });
    expect(report['events']).toBeGreaterThan(2_000);
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
    expect(report['fills']).toBeGreaterThan(0);
    const { feedP50, orderP50 } = report['latencyUs'] as { feedP50: number; orderP50: number };
    expect(feedP50).toBeGreaterThan(0);
    expect(orderP50).toBeGreaterThan(0);
  });
});
