// What the end of a strategy leaves behind: nothing that it asked to cancel.
import { describe, expect, test } from 'vitest';

import {
  HftError,
  LiveInstrument,
  runStrategyLoop,
  StubConnectorBot,
  type Strategy,
} from '../../../lib/index.js';

const instruments = ['BTCUSDT', 'ETHUSDT', 'XRPUSDT'].map((symbol) =>
  new LiveInstrument(symbol).connector('stub').tickSize(0.1).lotSize(0.001),
);

/** A bot whose orders rest. */
class RestingBot extends StubConnectorBot {
  /** As with hftbacktest's own connector. */
  withoutCancelAll = false;
  readonly cancelled: number[] = [];

  constructor() {
    // Orders from the start on, before the first book.
    const free = { requireLiveBook: false, fillProbability: 0 };
    super({ instruments, maxFeeds: Infinity, pace: 'asap', ...free });
  }

  override cancelAll(asset: number): void {
    if (this.withoutCancelAll) throw new HftError('ERR_UNSUPPORTED_BY_CONNECTOR', 'no.');
    this.cancelled.push(asset);
    super.cancelAll(asset);
  }

  states(): string[] {
    return instruments.flatMap((_, asset) =>
      [...this.orders(asset).values()].map(({ status }) => status),
    );
  }
}

/** One order on each instrument; cancels as the test says. */
function quoter(onStop: Strategy['onStop'], whenOpen?: Strategy['onBatch']): Strategy {
  let open = 0;
  return {
    onStart(ctx) {
      for (const asset of ctx.instruments.keys())
        ctx.submit({ instrument: asset, side: 'buy', price: 100, qty: 0.1 });
    },
    onExecutionReport(ctx, order) {
      if (order.orderStatus === 'new') open += 1;
      if (open === instruments.length) whenOpen?.(ctx);
    },
    ...(onStop === undefined ? {} : { onStop }),
  };
}

const loop = { durationMs: 50, waitMs: 5 };
const cancelAll: Strategy['onStop'] = (ctx) => {
  ctx.cancelAll();
};

describe('the end of a strategy', () => {
  test('cancelAll without an instrument reaches all of them, and the answers are waited for', () => {
    using bot = new RestingBot();
    runStrategyLoop(bot, quoter(cancelAll), loop);
    expect(bot.cancelled).toEqual([0, 1, 2]);
    expect(bot.states()).toEqual(['canceled', 'canceled', 'canceled']);
  });

  test('cancelAll of one instrument reaches that one', () => {
    using bot = new RestingBot();
    const one: Strategy['onStop'] = (ctx) => {
      ctx.cancelAll(1);
    };
    runStrategyLoop(bot, quoter(one), loop);
    expect(bot.states()).toEqual(['new', 'canceled', 'new']);
  });

  test('cancelAll goes one by one where the connector has no message for it', () => {
    using bot = new RestingBot();
    bot.withoutCancelAll = true;
    const summary = runStrategyLoop(bot, quoter(cancelAll), loop);
    expect(summary.handlerErrors).toBe(0);
    expect(bot.states()).toEqual(['canceled', 'canceled', 'canceled']);
  });

  test('orders that are not acknowledged yet are cancelled once they are', () => {
    using bot = new RestingBot();
    bot.withoutCancelAll = true;
    const late: Strategy = {
      onStop(ctx) {
        ctx.submit({ instrument: 2, side: 'buy', price: 100, qty: 0.1 });
        ctx.cancelAll();
      },
    };
    runStrategyLoop(bot, late, loop);
    expect(bot.states()).toEqual(['canceled']);
  });

  test('single cancellations are waited for as well, also those before the end', () => {
    using bot = new RestingBot();
    const each: Strategy['onBatch'] = (ctx) => {
      for (const asset of ctx.instruments.keys())
        for (const { orderId } of ctx.orders(asset).values()) ctx.cancel(orderId);
      ctx.stop();
    };
    runStrategyLoop(bot, quoter(undefined, each), { ...loop, durationMs: 20_000 });
    expect(bot.states()).toEqual(['canceled', 'canceled', 'canceled']);
  });

  test('nobody waits for orders that are to stay', () => {
    using bot = new RestingBot();
    const startNs = bot.monotonicNs();
    const summary = runStrategyLoop(bot, quoter(undefined), loop);
    expect(bot.states()).toEqual(['new', 'new', 'new']);
    expect(bot.monotonicNs() - startNs).toBeLessThan(1e9);
    // The stub's orders end with it.
    expect(summary.ordersLeft).toEqual([]);
  });

  test('an answer that does not come is waited for so long and no longer', () => {
    using bot = new RestingBot();
    // The request is lost.
    bot.cancelAll = () => undefined;
    bot.cancel = () => 'ok';
    const startNs = bot.monotonicNs();
    runStrategyLoop(bot, quoter(cancelAll), { ...loop, stopWaitMs: 400 });
    const tookMs = (bot.monotonicNs() - startNs) / 1e6;
    expect(tookMs).toBeGreaterThanOrEqual(440);
    // By default it would be 3 s.
    expect(tookMs).toBeLessThan(2_500);
    expect(bot.states()).toEqual(['new', 'new', 'new']);
  });

  test('a cancellation that was refused is asked for again', () => {
    using bot = new RestingBot();
    let refused = 0;
    bot.cancelAll = () => {
      refused += 1;
    };
    runStrategyLoop(bot, quoter(cancelAll), { ...loop, stopWaitMs: 20_000 });
    expect(refused).toBe(3);
    expect(bot.states()).toEqual(['canceled', 'canceled', 'canceled']);
  });
});
