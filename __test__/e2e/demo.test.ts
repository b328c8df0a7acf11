import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { renderFrame, renderLine, type DemoFrame } from '../../lib/cli/demo-view.js';
import { startFakeBybit } from '../support/fake-bybit-venue.js';
import {
  startConnector,
  startConnectorWith,
  uniqueName,
} from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { ordersAt } from '../support/open-orders.js';
import { strategySummary } from '../support/strategy-summary.js';
import { until } from '../support/until.js';

const demo = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

async function run(
  ...args: string[]
): Promise<{ report: Record<string, unknown>; stderr: string }> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [demo, 'demo', '--json', ...args],
    { timeout: 55_000 },
  );
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return { report: JSON.parse(lines[0]!) as Record<string, unknown>, stderr };
}

/** Starts the demo in a process group of its own, ends it as `end` says, and returns what it printed. */
async function endedBy(
  command: string,
  args: readonly string[],
  end: (pid: number) => void,
): Promise<{ code: number | null; report: Record<string, unknown>; stderr: string }> {
  const child = spawn(command, [...args, '--json', '--seconds', '60'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const closed = once(child, 'close') as Promise<[number | null]>;
  try {
    await until(() => /^[1-9]\d* s  BTCUSDT/m.test(stderr), 'a second of trading', 30_000);
    end(pid);
    await until(() => child.exitCode !== null || child.signalCode !== null, 'its end', 20_000);
    const [code] = await closed;
    const last = stdout.trimEnd().split('\n').at(-1);
    return { code, report: JSON.parse(last ?? '') as Record<string, unknown>, stderr };
  } finally {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All of the group is gone.
    }
  }
}

const figures = [
  'events',
  'trades',
  'levels',
  'ordersSubmitted',
  'fills',
  'position',
  'dropped',
  'gaps',
];

describe('the demo', () => {
  it('runs on the stub, says so loudly, and ends with one line of JSON', async () => {
    const { report, stderr } = await run('--backend', 'stub', '--seconds', '3');
    expect(Object.keys(report)).toEqual([
      'backend',
      'connector',
      'orders',
      ...figures,
      'latencyUs',
    ]);
    expect(report).toMatchObject({ backend: 'stub', connector: 'stub', dropped: 0, gaps: 0 });
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
    expect(report['fills']).toBeGreaterThan(0);
    expect(stderr).toContain('STUB');
  });

  it.each([
    ['SIGINT to npm', (npm: number) => process.kill(npm, 'SIGINT')],
    ['SIGTERM to npm', (npm: number) => process.kill(npm, 'SIGTERM')],
    ['Ctrl+C in the terminal, which all get', (npm: number) => process.kill(-npm, 'SIGINT')],
  ])('ends with its statistics at %s', async (_how, end) => {
    const args = ['run', 'demo', '--', '--backend', 'stub'];
    const { code, report, stderr } = await endedBy('npm', args, end);
    expect([code, report['backend']], stderr).toEqual([0, 'stub']);
    expect(report['events']).toBeGreaterThan(0);
  });

  it.each([
    ['above 0', ['--seconds', '-1']],
    ['--fake is for --connector bybit', ['--fake']],
    ['real money', ['--connector', 'bybit', '--real-orders']],
  ])('refuses what cannot be, with a reason: %s', async (reason, args) => {
    await expect(
      promisify(execFile)(process.execPath, [demo, 'demo', ...args]),
    ).rejects.toMatchObject({
      stderr: expect.stringContaining(reason) as string,
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
      tickSize: 0.5,
      lotSize: 0.001,
      page: undefined,
      message: '',
      elapsedMs: 2_000,
      eventsPerSecond: 1_234,
      state: {
        bids: [[99.5, 2]],
        asks: [[100.5, 1]],
        orders: 'real',
        environment: 'testnet',
        book: 'live',
        position: -0.02,
        pnl: 1.5,
        tape: [{ side: 'sell', price: 99.5, qty: 0.3, tsMs: 0 }],
        ownFills: [],
        link: 'connected',
        linkLosses: 0,
        quotes: [{ side: 'buy', price: 99.5, leavesQty: 0.02, cancelling: false }],
      },
      summary: {
        ...strategySummary,
        events: 5_000,
        trades: 70,
        levels: 900,
        ordersSubmitted: 12,
        fills: 7,
        gaps: 0,
        feedLatency: latency,
        orderLatency: latency,
      },
    };
    const text = renderFrame(frame).join('\n');
    for (const part of [
      '99.5',
      '100.5',
      'spread 1.0',
      '▼',
      'buy 0.020 @ 99.5',
      '-0.020',
      'p50 2.5 µs',
      'p99 1.5 ms',
      'dropped 3',
      '1234 events/s',
      'real (testnet)',
    ]) {
      expect(text).toContain(part);
    }
    expect(renderLine(frame)).toContain('fills 7');
    expect(renderLine(frame)).toContain('orders go: real (testnet)');
    expect(renderLine({ ...frame, state: undefined })).toContain('orders go: unknown');
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

  it('says where the orders of a connector go that it has joined', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', '--paper');
    const { report, stderr } = await run(
      '--backend',
      'native',
      '--connector',
      name,
      '--seconds',
      '6',
    );
    expect(report).toMatchObject({ connector: name, orders: 'paper' });
    expect(stderr).toContain('orders go: paper (simulated)');
  });

  it('is read-only where it is not known at its start where orders go', async () => {
    const name = uniqueName();
    const args = ['--backend', 'native', '--connector', name, '--seconds', '14'];
    const running = run(...args, '--connect-seconds', '14');
    await setTimeout(1_500);
    await startConnector(name, 'sim', '--paper');
    const { report, stderr } = await running;
    expect(report).toMatchObject({ connector: name, orders: 'paper', ordersSubmitted: 0 });
    expect(report['trades']).toBeGreaterThan(0);
    expect(stderr.match(/was not known when it joined.*start it again/g)).toHaveLength(1);
  });

  it('ends when the connector that it has joined comes back with real orders', async () => {
    const name = uniqueName();
    const paper = await startConnector(name, 'sim', 'BTCUSDT');
    const running = run('--backend', 'native', '--connector', name, '--seconds', '45');
    await setTimeout(2_500);
    await paper.stop();
    const venue = await startFakeBybit();
    const { env, configFile } = venue;
    await startConnectorWith(env, name, 'bybit', 'BTCUSDT', configFile, '--paper=false');
    const startedMs = performance.now();
    const { report, stderr } = await running;
    expect(performance.now() - startedMs).toBeLessThan(25_000);
    expect(report).toMatchObject({ orders: 'real' });
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
    expect(stderr.match(/have become REAL .* so it ends/g)).toHaveLength(1);
    expect(await ordersAt(venue)).toEqual([]);
  });

  it('ends in order at a Ctrl+C that its connector gets too', async () => {
    const { code, report, stderr } = await endedBy(
      process.execPath,
      [demo, 'demo', '--backend', 'native'],
      (pid) => process.kill(-pid, 'SIGINT'),
    );
    expect([code, report['backend']], stderr).toEqual([0, 'native']);
    expect(stderr).not.toContain('by itself');
  });
});

describeNative('the demo on a fake Bybit', () => {
  const bybit = ['--backend', 'native', '--connector', 'bybit', '--fake', '--seconds', '6'];

  it('trades on paper by default: no order reaches the venue', async () => {
    const { report } = await run(...bybit);
    expect(report).toMatchObject({
      backend: 'native',
      connector: 'bybit',
      orders: 'paper',
      dropped: 0,
      gaps: 0,
    });
    expect(report['trades']).toBeGreaterThan(10);
    expect(report['levels']).toBeGreaterThan(500);
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
    expect(report['fills']).toBeGreaterThan(0);
  });

  it('sends no orders to a connector that it has joined and whose orders are real, without --real-orders', async () => {
    const venue = await startFakeBybit();
    const name = uniqueName();
    const { env, configFile } = venue;
    await startConnectorWith(env, name, 'bybit', 'BTCUSDT', configFile, '--paper=false');
    const joined = ['--backend', 'native', '--connector', name, '--seconds', '4'];
    const { report, stderr } = await run(...joined);
    expect(report).toMatchObject({ orders: 'real', ordersSubmitted: 0 });
    expect(report['trades']).toBeGreaterThan(0);
    expect(stderr.match(/are REAL .*--real-orders/g)).toHaveLength(1);
    expect(await ordersAt(venue)).toEqual([]);
    const real = await run(...joined, '--real-orders');
    expect(real.report['ordersSubmitted']).toBeGreaterThan(0);
    expect((await ordersAt(venue)).length).toBeGreaterThan(0);
  });

  it('sends orders through the trade socket with --real-orders', async () => {
    const { report } = await run(...bybit, '--real-orders');
    expect(report).toMatchObject({ connector: 'bybit', orders: 'real', dropped: 0, gaps: 0 });
    expect(report['ordersSubmitted']).toBeGreaterThan(5);
    expect(report['fills']).toBeGreaterThan(0);
    expect((report['latencyUs'] as { orderP50: number }).orderP50).toBeGreaterThan(0);
  });
});
