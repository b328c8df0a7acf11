import { describe, expect, test } from 'vitest';
import { runLive, type RunLiveOptions } from '../../../lib/index.js';
import { connectorOfSuite } from '../../support/live-connector-process.js';
import { fixture, instrumentOn } from './fixture.js';
import { describeNative } from '../../support/native-suite.js';

const stub: RunLiveOptions = {
  strategy: fixture('quoter.mjs'),
  instruments: [instrumentOn('stub')],
  backend: 'stub',
  stub: { pace: 'asap', fillProbability: 0 },
  onLog: () => undefined,
};

describe('runLive on the stub', () => {
  test('runs the module in a worker and resolves with what happened', async () => {
    const lines: string[] = [];
    const run = runLive({ ...stub, onLog: (text) => lines.push(text) });
    expect(run.backend).toBe('stub');
    const summary = await run;
    expect(summary).toMatchObject({
      backend: 'stub',
      reason: 'end_of_data',
      fills: 0,
      positions: [0],
      gaps: 0,
      lost: 0,
      dropped: 0,
      handlerErrors: 0,
    });
    expect(summary.trades).toBeGreaterThan(600);
    expect(summary.ordersSubmitted).toBe(Math.floor(summary.trades / 10));
    expect(summary.orderLatency.p50Us).toBeGreaterThan(700);
    expect(summary.orderLatency.p50Us).toBeLessThan(1300);
    expect(lines).toEqual(['started', 'stopped']);
  });

  test('takes no message of others for the outcome: of Node that watches files, of the strategy', async () => {
    const summary = await runLive({ ...stub, strategy: fixture('talkative.mjs') });
    expect(summary).toMatchObject({ backend: 'stub', reason: 'end_of_data' });
  });

  test('gives the same figures for the same seed', async () => {
    const [one, two] = await Promise.all([runLive(stub), runLive(stub)]);
    expect(two).toEqual(one);
  });

  test('hands the options to the module', async () => {
    const summary = await runLive({ ...stub, strategyOptions: { every: 100 } });
    expect(summary.ordersSubmitted).toBe(Math.floor(summary.trades / 100));
  });

  test('builds a class', async () => {
    const logged: unknown[] = [];
    await runLive({
      ...stub,
      strategy: fixture('as-class.mjs'),
      strategyOptions: { a: 1 },
      onLog: (_text, values) => logged.push(values),
    });
    expect(logged).toEqual([{ a: 1 }]);
  });

  test('catches what a handler throws, counts it and passes it to onError', async () => {
    const lines: string[] = [];
    const summary = await runLive({
      ...stub,
      strategyOptions: { throwAt: 5 },
      onLog: (text) => lines.push(text),
    });
    expect(summary.handlerErrors).toBe(1);
    expect(summary.trades).toBeGreaterThan(600);
    expect(lines).toContain('error: thrown on purpose');
  });

  test('logs where a handler threw first when there is no onError', async () => {
    const lines: string[] = [];
    const summary = await runLive({
      ...stub,
      strategy: fixture('throwing.mjs'),
      onLog: (text) => lines.push(text),
    });
    expect(summary.handlerErrors).toBeGreaterThan(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('TypeError: thrown at every batch');
    expect(lines[0]).toContain('throwing.mjs:4');
    expect(lines[0]).toContain('handlerErrors');
  });

  test('ends after its duration', async () => {
    const start = performance.now();
    const summary = await runLive({ ...stub, stub: {}, durationMs: 300 });
    expect(summary.reason).toBe('duration');
    expect(summary.durationMs).toBeGreaterThanOrEqual(300);
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  test('ends when it is stopped, and reports on the way', async () => {
    const seen: number[] = [];
    const lines: string[] = [];
    const run = runLive({
      ...stub,
      stub: { maxFeeds: Infinity },
      progressMs: 50,
      onProgress: ({ events }) => {
        seen.push(events);
        if (seen.length === 3) run.stop();
      },
      onLog: (text) => lines.push(text),
    });
    const summary = await run;
    run.stop();
    expect(summary.reason).toBe('stopped');
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(lines.at(-1)).toBe('stopped');
  });

  test('ends when its signal aborts, before or during the run', async () => {
    const during = AbortSignal.timeout(200);
    const summary = await runLive({ ...stub, stub: { maxFeeds: Infinity }, signal: during });
    expect(summary.reason).toBe('stopped');
    const before = await runLive({
      ...stub,
      stub: { maxFeeds: Infinity },
      signal: AbortSignal.abort(),
    });
    expect(before.reason).toBe('stopped');
  });

  test('ends a strategy that does not return by force, and says so', async () => {
    const run = runLive({
      ...stub,
      strategy: fixture('endless.cjs'),
      stopTimeoutMs: 200,
      onLog: () => {
        run.stop();
      },
    });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('by force') as string,
    });
  });

  for (const [name, reason] of [
    ['missing.mjs', 'cannot be imported'],
    ['broken.mjs', 'broken module'],
    ['no-strategy.mjs', 'exports no strategy'],
    ['misspelt.mjs', 'onTrades is no handler and would never be called. Did you mean onTrade?'],
  ] as const) {
    test(`names what is wrong with ${name}`, async () => {
      await expect(runLive({ ...stub, strategy: fixture(name) })).rejects.toMatchObject({
        name: 'HftError',
        code: 'ERR_STRATEGY_MODULE',
        message: expect.stringContaining(reason) as string,
      });
    });
  }

  test('refuses wrong options at once', () => {
    for (const wrong of [
      { strategy: '' },
      { durationMs: -1 },
      { waitMs: NaN },
      { instruments: [] },
      { backend: 'x' },
    ]) {
      expect(() => runLive({ ...stub, ...(wrong as object) })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});

describeNative('runLive on a connector', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');
  const native: RunLiveOptions = { ...stub, backend: 'native', instruments: [instrumentOn(name)] };

  test('trades over shared memory', async () => {
    const run = runLive({
      ...native,
      progressMs: 50,
      onProgress: ({ levels, ordersSubmitted }) => {
        if (levels > 100 && ordersSubmitted > 0) run.stop();
      },
    });
    const summary = await run;
    expect(summary).toMatchObject({
      backend: 'native',
      reason: 'stopped',
      gaps: 0,
      lost: 0,
      dropped: 0,
      handlerErrors: 0,
    });
    expect(summary.trades).toBeGreaterThan(0);
    expect(summary.levels).toBeGreaterThan(100);
    expect(summary.ordersSubmitted).toBeGreaterThan(0);
    expect(summary.feedLatency.p50Us).toBeGreaterThan(0);
    // Of a number in another unit it would be thousands of times as much.
    expect(summary.feedLatency.p50Us).toBeLessThan(200_000);
  });

  test('is stopped in the middle of a wait', async () => {
    // No instrument of that name: nothing ever arrives, the wait would last.
    const run = runLive({
      ...native,
      instruments: [instrumentOn(`${name}-absent`)],
      waitMs: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const start = performance.now();
    run.stop();
    expect((await run).reason).toBe('stopped');
    // The wait would last 10 s.
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('runs two strategies side by side', async () => {
    const runs = [
      runLive({ ...native, durationMs: 2_000 }),
      runLive({ ...native, durationMs: 2_000 }),
    ];
    for (const summary of await Promise.all(runs)) expect(summary.trades).toBeGreaterThan(0);
  });
});
