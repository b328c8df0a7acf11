// A strategy in virtual time: the same run every time, in this process and in others, and no time of the machine.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { sim, testStrategy, type TestOptions, type TestRun } from '../../lib/testing/index.js';
import type { Strategy } from '../../lib/strategy/strategy.js';
import { createStrategy } from '../../examples/quoter/strategy.ts';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const START_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;

function quoter(): Strategy {
  return createStrategy({ qty: 0.001, maxPosition: 0.005 });
}

function run(more: Partial<TestOptions> = {}): Promise<TestRun> {
  return testStrategy(quoter(), { venue: sim({ seed: 7 }), seconds: 120, ...more });
}

describeNative('a strategy in virtual time', () => {
  it('does the same every time, and something else with another seed', async () => {
    const [first, second, other] = [
      await run(),
      await run(),
      await run({ venue: sim({ seed: 8 }) }),
    ];
    expect(first.orders.length).toBeGreaterThan(20);
    expect(first.fills.length).toBeGreaterThan(5);
    expect(second.requests).toEqual(first.requests);
    expect(second.fills).toEqual(first.fills);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });

  it('does the same in other processes', async () => {
    const program = `
      import { sim, testStrategy } from 'hftbacktest-live/testing';
      import { createStrategy } from './examples/quoter/strategy.ts';
      const strategy = createStrategy({ qty: 0.001, maxPosition: 0.005 });
      const run = await testStrategy(strategy, { venue: sim({ seed: 7 }), seconds: 120 });
      process.stdout.write(run.fingerprint);`;
    const words = ['--import', 'hftbacktest-live/typescript', '--input-type=module', '-e', program];
    const fingerprints = [(await run()).fingerprint];
    for (let time = 0; time < 2; time += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root });
      fingerprints.push(stdout);
    }
    expect(new Set(fingerprints).size).toBe(1);
  });

  it('shows a strategy the virtual clock only', async () => {
    const times: bigint[] = [];
    const strategy: Strategy = {
      timerMs: 250,
      onTimer(ctx) {
        times.push(ctx.nowNs - START_NS);
      },
    };
    const { summary } = await testStrategy(strategy, { venue: sim(), seconds: 2 });
    expect(times[0]).toBeLessThan(2_000_000_000n);
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    expect(new Set(steps)).toEqual(new Set([250_000_000n]));
    expect(summary.durationMs).toBeGreaterThanOrEqual(2_000);
    expect(summary.reason).toBe('duration');
  });

  it('stamps orders and answers with the latencies of the venue', async () => {
    let answeredMs = NaN;
    let orderId = 0n;
    const strategy: Strategy = {
      onBatch(ctx) {
        const { bestBid, synced } = ctx.depth();
        if (synced && orderId === 0n)
          orderId = ctx.submit({ side: 'buy', price: bestBid - 100, qty: 0.001 });
      },
      onOrderUpdate(ctx, { current }) {
        if (current === 'new') answeredMs = Number(ctx.nowNs - START_NS) / 1e6;
      },
    };
    const venue = sim({ latencyMs: { entry: 30, response: 20 } });
    const { orders } = await testStrategy(strategy, { venue, seconds: 5 });
    expect(orders).toHaveLength(1);
    expect(answeredMs - orders[0]!.atMs).toBeCloseTo(50, 6);
    expect(orders[0]!.status).toBe('new');
  });

  it('reports the position and what became of each order', async () => {
    const { orders, fills, position, positions } = await run();
    const sum = fills.reduce((held, { side, qty }) => held + (side === 'buy' ? qty : -qty), 0);
    expect(position).toBeCloseTo(sum, 9);
    expect(positions).toEqual({ BTCUSDT: position });
    const filled = orders.filter(({ status }) => status === 'filled');
    expect(filled.length).toBeGreaterThan(0);
    for (const order of filled) expect(order.filledQty).toBe(order.qty);
  });

  it('ends with what a handler throws', async () => {
    const failure = new Error('of the strategy');
    const strategy: Strategy = {
      onTrade() {
        throw failure;
      },
    };
    const options = { venue: sim(), seconds: 30 };
    await expect(testStrategy(strategy, options)).rejects.toBe(failure);
    const { handlerErrors } = await testStrategy(strategy, {
      ...options,
      allowHandlerErrors: true,
    });
    expect(handlerErrors.length).toBeGreaterThan(1);
    expect(handlerErrors[0]).toBe(failure);
  });

  it('takes a factory with its options, and a module', async () => {
    const strategyOptions = { qty: 0.001, maxPosition: 0.005 };
    const options = { venue: sim({ seed: 7 }), seconds: 120, strategyOptions };
    const { fingerprint } = await run();
    const made = await testStrategy(createStrategy as (options: unknown) => Strategy, options);
    expect(made.fingerprint).toBe(fingerprint);
    const file = path.join(root, 'examples', 'quoter', 'strategy.ts');
    expect((await testStrategy(file, options)).fingerprint).toBe(fingerprint);
  });

  it('trades several instruments', async () => {
    const strategy: Strategy = {
      onStart(ctx) {
        ctx.log(`begins with ${String(ctx.instruments.length)}`);
      },
      onBookState(ctx, { asset, bookState }) {
        if (bookState === 'live')
          ctx.submit({ instrument: asset, side: 'sell', qty: 0.01, orderType: 'market' });
      },
    };
    const venue = sim({
      instruments: [{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT', price: 2_500 }],
    });
    const { positions, log } = await testStrategy(strategy, { venue, seconds: 5 });
    expect(positions).toEqual({ BTCUSDT: -0.01, ETHUSDT: -0.01 });
    expect(log).toEqual(['begins with 2']);
  });

  it('refuses what it cannot run', async () => {
    const code = 'ERR_INVALID_ARGUMENT';
    await expect(run({ seconds: 0 })).rejects.toMatchObject({ code });
    await expect(run({ seconds: Infinity })).rejects.toMatchObject({ code });
    await expect(run({ startMs: 0.5 })).rejects.toMatchObject({ code });
    const connector = { kind: 'bybit', direct: true } as const;
    const instruments = [{ symbol: 'BTCUSDT', connector: 'bybit', tickSize: 0.1, lotSize: 0.001 }];
    await expect(run({ venue: { instruments, connector } })).rejects.toThrow('virtual clock');
    const misspelt = { ontrade: () => undefined } as Strategy;
    await expect(testStrategy(misspelt, { venue: sim(), seconds: 1 })).rejects.toMatchObject({
      code: 'ERR_STRATEGY_MODULE',
    });
  });
});
