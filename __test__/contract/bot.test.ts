import { afterEach, beforeEach, expect, test } from 'vitest';
import { RecordKind, runStrategyLoop, type Bot } from '../../lib/index.js';
import { waitForBook } from '../support/wait-for-book.js';
import { describeBackends } from './backends.js';

/** States of the book as they were reported, before and after, up to the one in which it is live. */
function statesUntilLive(bot: Bot): [string, string][] {
  const states: [string, string][] = [];
  const endNs = bot.monotonicNs() + 20e9;
  while (bot.monotonicNs() < endNs && states.at(-1)?.[1] !== 'live') {
    const batch = bot.waitBatch(50_000_000);
    while (batch.next()) {
      const { view } = batch;
      if (view.kind === RecordKind.BookState) states.push([view.previousBookState, view.bookState]);
    }
  }
  return states;
}

describeBackends('a bot', (backend) => {
  let bot: Bot;
  beforeEach(() => {
    bot = backend.open();
    waitForBook(bot, 0);
  });
  afterEach(() => {
    if (!bot.closed) bot.cancelAll(0);
    bot.close();
  });

  test('knows its instruments and its id', () => {
    expect(bot.numAssets()).toBe(1);
    expect(bot.instruments[0]).toEqual(backend.instrument().build());
    expect(bot.botId > 0n).toBe(true);
    expect(bot.backend).toBe(backend.name === 'stub' ? 'stub' : 'native');
  });

  test('takes no order before the first whole book, unless it was made to', () => {
    const early = backend.open();
    const { state, synced } = early.depth(0);
    expect([state, synced]).toEqual(['resyncing', false]);
    const order = { orderId: 1n, side: 'buy', price: 30_000, qty: 0.01 } as const;
    expect(() => early.submitOrder(0, order)).toThrow(
      expect.objectContaining({
        code: 'ERR_BOOK_NOT_LIVE',
        recoverable: true,
        message: expect.stringContaining('the book is resyncing') as string,
      }),
    );
    expect(() => early.modify(0, 1n, 30_000, 0.01)).toThrow(
      expect.objectContaining({ code: 'ERR_BOOK_NOT_LIVE' }),
    );
    expect(() => early.cancel(0, 1n)).toThrow(
      expect.objectContaining({ code: 'ERR_ORDER_NOT_FOUND' }),
    );
    expect(statesUntilLive(early)).toEqual([
      ['disconnected', 'resyncing'],
      ['resyncing', 'live'],
    ]);
    expect(early.submitOrder(0, order)).toBe('ok');
    early.close();
    const careless = backend.open({ requireLiveBook: false });
    expect(careless.submitOrder(0, { ...order, orderId: 2n })).toBe('ok');
    careless.close();
  });

  test('shows a book whose parts agree', () => {
    const depth = bot.depth(0);
    const { bids, asks } = depth.levels(5);
    expect(depth).toMatchObject({ tickSize: 0.1, lotSize: 0.001, state: 'live', synced: true });
    expect(bids).toHaveLength(5);
    expect(asks).toHaveLength(5);
    expect(depth.bestBid).toBeLessThan(depth.bestAsk);
    expect(bids[0]).toEqual({ price: depth.bestBid, qty: depth.bestBidQty });
    expect(asks[0]).toEqual({ price: depth.bestAsk, qty: depth.bestAskQty });
    expect(depth.bidQtyAtTick(depth.bestBidTick)).toBe(depth.bestBidQty);
    expect(depth.askQtyAtTick(depth.bestAskTick)).toBe(depth.bestAskQty);
    expect(depth.bidQtyAtTick(depth.bestAskTick + 10)).toBe(0);
    for (const [side, direction] of [
      [bids, -1],
      [asks, 1],
    ] as const) {
      for (const [at, { price, qty }] of side.entries()) {
        expect(qty).toBeGreaterThan(0);
        expect(price).toBe(Math.round(price * 10) / 10);
        const before = side[at - 1];
        if (before !== undefined) expect((price - before.price) * direction).toBeGreaterThan(0);
      }
    }
    expect(bot.depth(0)).toBe(depth);
    expect(bot.depthSnapshot(0, 5)).toMatchObject({
      type: 'snapshot',
      symbol: 'BTCUSDT',
      bids,
      asks,
    });
  });

  test('waits for feed and says that it came', () => {
    expect(bot.waitNextFeed(false, 20e9)).toBe('market_feed');
    const latency = bot.feedLatency(0);
    expect(latency !== null && latency.localTsNs >= latency.exchTsNs).toBe(true);
  });

  test('lets as much time go by as asked for', () => {
    const startNs = bot.currentTimestampNs();
    expect(bot.elapse(250_000_000)).toBe('ok');
    const tookMs = Number(bot.currentTimestampNs() - startNs) / 1e6;
    expect(tookMs).toBeGreaterThanOrEqual(249);
    expect(tookMs).toBeLessThan(5000);
    expect(bot.elapseBt(1e12)).toBe('ok');
  });

  test('hands over trades and levels as records, in order', () => {
    let last = 0n;
    const kinds = new Set<number>();
    const endNs = bot.monotonicNs() + 20e9;
    while (
      !(kinds.has(RecordKind.Trade) && kinds.has(RecordKind.Depth)) &&
      bot.monotonicNs() < endNs
    ) {
      for (const view of bot.waitBatch(100_000_000)) {
        kinds.add(view.kind);
        if (view.kind !== RecordKind.Trade && view.kind !== RecordKind.Depth) continue;
        expect(view.asset).toBe(0);
        expect(view.side).not.toBeUndefined();
        expect(view.price).toBeGreaterThan(0);
        expect(view.qty).toBeGreaterThanOrEqual(0);
        expect(view.seq > last).toBe(true);
        expect(view.transportNs).toBeGreaterThanOrEqual(0);
        last = view.seq;
      }
    }
    expect(kinds).toContain(RecordKind.Trade);
    expect(kinds).toContain(RecordKind.Depth);
  });

  test('keeps the last trades up to their capacity, until they are cleared', () => {
    const endNs = bot.monotonicNs() + 20e9;
    while (bot.lastTrades(0).length < 20 && bot.monotonicNs() < endNs) bot.elapse(50_000_000);
    bot.elapse(100_000_000);
    const trades = bot.lastTrades(0);
    expect(trades).toHaveLength(20);
    expect(trades[0]).toMatchObject({ type: 'trade', asset: 0, symbol: 'BTCUSDT' });
    bot.clearLastTrades(0);
    expect(bot.lastTrades(0)).toEqual([]);
  });

  test('counts what it received and lost', () => {
    const endNs = bot.monotonicNs() + 20e9;
    while (bot.stats().received <= 10 && bot.monotonicNs() < endNs) bot.elapse(20_000_000);
    const stats = bot.stats();
    expect(stats.received).toBeGreaterThan(10);
    expect(stats).toMatchObject({ lost: 0, gaps: 0, decodeErrors: 0, unknownSymbols: 0 });
    const connector = backend.instrument().build().connector;
    expect(bot.links()).toEqual([
      expect.objectContaining({
        connector,
        state: 'connected',
        connected: true,
        controlChannel: true,
      }),
    ]);
  });

  test('hands over little at a time without losing anything', () => {
    let largest = 0;
    const startNs = bot.monotonicNs();
    const passedNs = (): number => bot.monotonicNs() - startNs;
    while (passedNs() < 3e8 || (largest === 0 && passedNs() < 20e9))
      largest = Math.max(largest, bot.waitBatch(10_000_000, 1).count);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(8);
    expect(bot.stats().tapOverflow).toBe(0);
  });

  test('runs a strategy', () => {
    let [batches, levels] = [0, 0];
    let cancelled = false;
    const seen = new Set<string>();
    const summary = runStrategyLoop(
      bot,
      {
        timerMs: 50,
        onStart: (ctx) => {
          seen.add('start');
          ctx.submit({
            side: 'buy',
            price: ctx.depth().bestBid - 500,
            qty: 0.01,
            timeInForce: 'GTX',
          });
        },
        onTrade: () => seen.add('trade'),
        onLevel: () => {
          seen.add('level');
          levels += 1;
        },
        onExecutionReport: (ctx, order) => {
          seen.add('order');
          if (order.orderStatus === 'new') ctx.cancel(order.orderId);
          if (order.orderStatus === 'canceled') cancelled = true;
        },
        onBatch: () => {
          batches += 1;
        },
        onTimer: (ctx) => {
          seen.add('timer');
          if (cancelled && seen.has('trade') && levels > 20) ctx.stop();
        },
        onStop: () => seen.add('stop'),
      },
      { durationMs: 20_000 },
    );
    expect([...seen].sort()).toEqual(['level', 'order', 'start', 'stop', 'timer', 'trade']);
    expect(summary).toMatchObject({
      reason: 'stopped',
      ordersSubmitted: 1,
      handlerErrors: 0,
      gaps: 0,
      dropped: 0,
    });
    expect(summary.batches).toBe(batches);
    expect(summary.feedLatency.count).toBeGreaterThan(10);
    expect(summary.orderLatency.count).toBe(2);
    expect([...bot.orders(0).values()].map(({ status }) => status)).toEqual(['canceled']);
  });

  test('is closed once and for all', () => {
    const depth = bot.depth(0);
    bot.close();
    bot.close();
    bot[Symbol.dispose]();
    expect(bot.closed).toBe(true);
    expect(bot.ended).toBe(true);
    const calls: (() => unknown)[] = [
      () => bot.currentTimestampNs(),
      () => bot.numAssets(),
      () => bot.position(0),
      () => bot.stateValues(0),
      () => bot.depth(0),
      () => depth.bestBid,
      () => depth.levels(1),
      () => depth.bidQtyAtTick(1),
      () => bot.depthSnapshot(0),
      () => bot.lastTrades(0),
      () => {
        bot.clearLastTrades();
      },
      () => bot.orders(0),
      () => bot.order(0, 1n),
      () => bot.submitOrder(0, { orderId: 1n, side: 'buy', price: 1, qty: 1 }),
      () => bot.submitBuyOrder(0, 1n, 1, 1, 'GTC', 'limit'),
      () => bot.submitSellOrder(0, 1n, 1, 1, 'GTC', 'limit'),
      () => bot.modify(0, 1n, 1, 1),
      () => bot.cancel(0, 1n),
      () => {
        bot.cancelAll(0);
      },
      () => {
        bot.clearInactiveOrders();
      },
      () => bot.waitOrderResponse(0, 1n, 0),
      () => bot.waitNextFeed(true, 0),
      () => bot.elapse(0),
      () => bot.elapseBt(0),
      () => bot.waitBatch(0),
      () => bot.feedLatency(0),
      () => bot.orderLatency(0),
      () => {
        bot.resync(0);
      },
      () => bot.stats(),
      () => bot.links(),
    ];
    for (const call of calls) {
      expect(call, call.toString()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    }
  });
});
