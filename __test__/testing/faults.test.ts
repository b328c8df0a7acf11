// Faults on command: what a strategy meets, and when.
import { expect, it } from 'vitest';

import { faults, sim, testStrategy, type TestKit } from '../../lib/testing/index.js';
import type { Strategy } from '../../lib/strategy/strategy.js';
import type { StrategyContext } from '../../lib/strategy/strategy-context.js';
import type { TestRun } from '../../lib/testing/test-run.js';
import { describeNative } from '../support/native-suite.js';

/** Calls `act` once, at the first timer after so many virtual seconds. */
function actAt(
  seconds: number,
  act: (ctx: StrategyContext) => void,
  more: Strategy = {},
): Strategy {
  let startNs: bigint | undefined;
  let isDone = false;
  return {
    ...more,
    timerMs: 100,
    onTimer(ctx) {
      startNs ??= ctx.nowNs;
      if (isDone || ctx.nowNs - startNs < BigInt(seconds * 1e9)) return;
      isDone = true;
      act(ctx);
    },
  };
}

function buyAtMarket(ctx: StrategyContext): void {
  ctx.submit({ side: 'buy', qty: 0.001, orderType: 'market' });
}

function play(strategy: Strategy, script: (kit: TestKit) => void, seconds = 10): Promise<TestRun> {
  return testStrategy(strategy, { venue: sim({ seed: 7 }), seconds, script });
}

const idle: Strategy = { onBatch: () => undefined };

/** States of the book after its first `live`, with their times. */
function statesOf({ bookStates }: TestRun): [number, string][] {
  const first = bookStates.findIndex(({ state }) => state === 'live');
  return bookStates.slice(first + 1).map(({ atMs, state }) => [Math.round(atMs), state]);
}

describeNative('faults on command', () => {
  it('loses messages and fetches the book again', async () => {
    const run = await play(idle, (kit) => {
      kit.at(5, faults.gap());
    });
    expect(run.gaps).toHaveLength(1);
    expect(run.gaps[0]!.atMs).toBeGreaterThanOrEqual(5_000);
    expect(run.gaps[0]!.lost).toBeGreaterThan(0);
    expect(statesOf(run).map(([, state]) => state)).toEqual(['gapped', 'live']);
    expect(run.summary.gaps).toBe(1);
  });

  it('makes a feed stale, so that orders are denied', async () => {
    const denied: unknown[] = [];
    const strategy = actAt(6, (ctx) => {
      try {
        buyAtMarket(ctx);
      } catch (error) {
        denied.push((error as { code: unknown }).code);
      }
    });
    const run = await play(strategy, (kit) => {
      kit.at(5, faults.stale(2_000));
    });
    expect(statesOf(run)).toEqual([
      [5_000, 'stale'],
      [7_000, 'live'],
    ]);
    expect(denied).toEqual(['ERR_BOOK_NOT_LIVE']);
    expect(run.requests).toEqual([]);
  });

  it('rejects the next order with a code, and no other', async () => {
    const strategy = actAt(1, (ctx) => {
      buyAtMarket(ctx);
      buyAtMarket(ctx);
    });
    const run = await play(strategy, (kit) => {
      kit.at(0, faults.reject(4242, 'not today'));
    });
    expect(run.orders.map(({ status }) => status)).toEqual(['expired', 'filled']);
    expect(run.orders[0]!.reject).toMatchObject({ code: 4242, text: 'not today' });
    expect(run.orders[1]!.reject).toBeUndefined();
  });

  it('rejects the order that a test waits for', async () => {
    const strategy = actAt(1, (ctx) => {
      buyAtMarket(ctx);
      ctx.submit({ side: 'sell', qty: 0.001, orderType: 'market' });
      ctx.submit({ side: 'sell', qty: 0.001, orderType: 'market' });
    });
    const run = await play(strategy, (kit) => {
      kit.onOrder(({ side }) => side === 'sell', faults.reject());
    });
    expect(run.orders.map(({ status }) => status)).toEqual(['filled', 'expired', 'filled']);
  });

  it('leaves the fate of an order unknown for a while', async () => {
    const pending: unknown[] = [];
    const strategy = actAt(1, buyAtMarket, {
      onOrderUpdate: (ctx, { current }) => pending.push([Number(ctx.nowNs / 1_000_000n), current]),
    });
    const run = await play(strategy, (kit) => {
      kit.onOrder(() => true, faults.unknown(3_000));
      kit.at(3, () => {
        expect(pending).toEqual([]);
      });
    });
    expect(run.fills).toHaveLength(1);
    expect(run.fills[0]!.atMs).toBeCloseTo(run.orders[0]!.atMs + 3_000, 3);
    expect(run.position).toBe(0.001);
  });

  it('reports a fill late, with its position', async () => {
    const positions: [number, number][] = [];
    const startMs = Date.UTC(2026, 0, 1);
    const strategy = actAt(1, buyAtMarket, {
      onPosition: (ctx, { qty }) => positions.push([Number(ctx.nowNs / 1_000_000n) - startMs, qty]),
    });
    const run = await play(strategy, (kit) => {
      kit.at(0, faults.lateFill(2_000));
    });
    const atMs = run.orders[0]!.atMs;
    expect(run.fills[0]!.atMs).toBeCloseTo(atMs + 2_000, 3);
    expect(positions.at(-1)).toEqual([Math.floor(atMs) + 2_000, 0.001]);
  });

  it('disconnects and comes back, with what happened to open orders', async () => {
    const strategy = actAt(1, (ctx) => {
      const { bestBid } = ctx.depth();
      ctx.submit({ side: 'buy', price: bestBid - 1, qty: 0.001 });
    });
    const run = await play(
      strategy,
      (kit) => {
        kit.at(1.5, faults.disconnect(60_000));
      },
      120,
    );
    expect(statesOf(run)).toEqual([
      [1_500, 'disconnected'],
      [61_500, 'live'],
    ]);
    const states = run.linkChanges.map(({ state }) => state);
    expect(states).toContain('venue_down');
    expect(states.at(-1)).toBe('venue_up');
    // The market has passed its price meanwhile.
    expect(run.fills).toHaveLength(1);
    expect(run.fills[0]!.atMs).toBeGreaterThanOrEqual(61_500);
    expect(run.position).toBe(0.001);
  });

  it('rejects a cancel while it is disconnected', async () => {
    const strategy = actAt(1, (ctx) => {
      ctx.submit({ side: 'buy', price: ctx.depth().bestBid - 200, qty: 0.001 });
    });
    let isCancelled = false;
    strategy.onBookState = (ctx, { bookState }) => {
      if (bookState !== 'disconnected' || isCancelled) return;
      isCancelled = true;
      for (const orderId of ctx.orders().keys()) ctx.cancel(orderId);
    };
    const run = await play(strategy, (kit) => {
      kit.at(2, faults.disconnect(1_000));
    });
    expect(run.rejects.map(({ code }) => code)).toEqual([3207]);
    // The end of the run asks again for what was rejected.
    const cancels = run.requests.filter(({ type }) => type === 'cancel');
    expect(cancels.map(({ atMs }) => Math.round(atMs))).toEqual([2_000, 10_505]);
    expect(run.orders[0]!.status).toBe('canceled');
  });

  it('sets the wall clock, and no timer notices', async () => {
    const times: number[] = [];
    const strategy: Strategy = {
      timerMs: 1_000,
      onTimer: (ctx) => times.push(Number(ctx.nowNs / 1_000_000n) - Date.UTC(2026, 0, 1)),
    };
    const run = await play(strategy, (kit) => {
      kit.at(4.5, faults.clockJump(-3_600_000));
    });
    const jumps = times.slice(1).map((time, index) => time - times[index]!);
    expect(jumps.filter((ms) => ms !== 1_000)).toEqual([1_000 - 3_600_000]);
    expect(run.summary.durationMs).toBeGreaterThanOrEqual(10_000);
  });

  it('repeats a run with faults to the byte', async () => {
    const again = (): Promise<TestRun> => {
      let n = 0;
      const strategy: Strategy = {
        timerMs: 500,
        onTimer(ctx) {
          n += 1;
          ctx.clearInactiveOrders();
          if (ctx.depth().state !== 'live') return;
          if (n % 7 === 0) ctx.cancelAll();
          ctx.submit({
            side: n % 2 === 0 ? 'buy' : 'sell',
            price: ctx.depth().bestBid,
            qty: 0.001,
          });
        },
      };
      return play(
        strategy,
        (kit) => {
          kit.at(10, faults.gap());
          kit.at(20, faults.disconnect(5_000));
          kit.at(30, faults.lateFill(700));
          kit.at(40, faults.unknown(900));
          kit.at(50, faults.stale(2_000));
          kit.at(55, faults.clockJump(5_000));
        },
        90,
      );
    };
    const [first, second] = [await again(), await again()];
    expect(first.orders.length).toBeGreaterThan(100);
    expect(second.requests).toEqual(first.requests);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.bookStates).toEqual(first.bookStates);
  });

  it('ends with what a step throws', async () => {
    const script = (kit: TestKit): void => {
      kit.at(1, () => {
        throw new Error('of the test');
      });
    };
    await expect(play(idle, script)).rejects.toThrow('of the test');
  });

  it('refuses a fault that makes no sense', async () => {
    const wrong = [
      faults.stale(-1),
      faults.stale(1, 'NOSUCH'),
      faults.disconnect(NaN),
      faults.reject(0.5),
      faults.clockJump(0.25),
    ];
    for (const fault of wrong)
      await expect(
        play(idle, (kit) => {
          kit.at(1, fault);
        }),
      ).rejects.toMatchObject({ name: 'HftError' });
  });
});
