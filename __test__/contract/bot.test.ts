import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  OrderIdSource,
  RecordKind,
  runStrategyLoop,
  type BalanceChange,
  type Bot,
  type OrderRequest,
} from '../../lib/index.js';
import { balanceFromView } from '../../lib/models/event-from-view.js';
import { isFinalStatus } from '../../lib/models/order-status.js';
import { waitForBook } from '../support/wait-for-book.js';
import { describeBackends } from './backends.js';

const WAIT = { timeoutMs: 2000 };

/** The first wait that sees a record of the kind, or an error after 5 s. */
function waitForRecord(bot: Bot, kind: number): void {
  const endNs = bot.monotonicNs() + 5e9;
  while (bot.monotonicNs() < endNs) {
    const batch = bot.waitBatch(50_000_000);
    while (batch.next()) if (batch.view.kind === kind) return;
  }
  throw new Error(`no record of kind ${String(kind)}`);
}

/** States of the book as they were told, before and after, up to the one in which it is live. */
function statesUntilLive(bot: Bot): [string, string][] {
  const states: [string, string][] = [];
  const endNs = bot.monotonicNs() + 5e9;
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
  let ids: OrderIdSource;
  beforeEach(() => {
    bot = backend.open();
    ids = new OrderIdSource(bot.botId);
    waitForBook(bot, 0);
  });
  afterEach(() => {
    if (!bot.closed) bot.cancelAll(0);
    bot.close();
  });

  /** Far below the market: rests. */
  function resting(change: Partial<OrderRequest> = {}): OrderRequest {
    const price = bot.depth(0).bestBid - 500;
    return { orderId: ids.next(), side: 'buy', price, qty: 0.01, timeInForce: 'GTX', ...change };
  }

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
    expect(bot.waitNextFeed(false, 5_000_000_000)).toBe('market_feed');
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
    const endNs = bot.monotonicNs() + 5e9;
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
    const endNs = bot.monotonicNs() + 8e9;
    while (bot.lastTrades(0).length < 20 && bot.monotonicNs() < endNs) bot.elapse(50_000_000);
    bot.elapse(100_000_000);
    const trades = bot.lastTrades(0);
    expect(trades).toHaveLength(20);
    expect(trades[0]).toMatchObject({ type: 'trade', asset: 0, symbol: 'BTCUSDT' });
    bot.clearLastTrades(0);
    expect(bot.lastTrades(0)).toEqual([]);
  });

  test('takes an order from its submission to its cancellation', () => {
    const order = resting();
    expect(bot.submitOrder(0, order)).toBe('ok');
    expect(bot.order(0, order.orderId)).toMatchObject({
      status: 'new',
      pending: 'new',
      cancellable: false,
    });
    expect(bot.waitOrderResponse(0, order.orderId, 2_000_000_000)).toBe('order_response');
    expect(bot.orders(0).get(order.orderId as bigint)).toMatchObject({
      type: 'executionReport',
      orderId: order.orderId,
      side: 'buy',
      qty: 0.01,
      leavesQty: 0.01,
      status: 'new',
      pending: 'none',
      cancellable: true,
      timeInForce: 'GTX',
      orderType: 'limit',
    });
    const latency = bot.orderLatency(0);
    expect(
      latency !== null &&
        latency.reqTsNs <= latency.exchTsNs &&
        latency.exchTsNs <= latency.respTsNs,
    ).toBe(true);
    expect(bot.cancel(0, order.orderId, WAIT)).toBe('order_response');
    expect(bot.order(0, order.orderId)).toMatchObject({
      status: 'canceled',
      leavesQty: 0,
      cancellable: false,
    });
  });

  test('changes price and quantity of a resting order', () => {
    const order = resting();
    bot.submitOrder(0, order, WAIT);
    const price = bot.depth(0).bestBid - 600;
    expect(bot.modify(0, order.orderId, price, 0.02, WAIT)).toBe('order_response');
    const now = bot.order(0, order.orderId);
    expect(now).toMatchObject({ status: 'new', qty: 0.02, leavesQty: 0.02 });
    expect(now?.price).toBeCloseTo(price, 6);
  });

  test('denies a price or quantity off its grid, names the nearest, and sends nothing', () => {
    const denied = (nearest: string): Error =>
      expect.objectContaining({
        code: 'ERR_OFF_GRID',
        message: expect.stringContaining(`the nearest is ${nearest}.`) as string,
      }) as Error;
    const off = resting({ price: 40_000.04 });
    expect(() => bot.submitOrder(0, off, WAIT)).toThrow(denied('40000'));
    const half = resting({ qty: 0.0105 });
    expect(() => bot.submitOrder(0, half, WAIT)).toThrow(denied('0.011'));
    expect([bot.order(0, off.orderId), bot.order(0, half.orderId)]).toEqual([null, null]);
    const order = resting();
    bot.submitOrder(0, order, WAIT);
    expect(() => bot.modify(0, order.orderId, 40_000.06, 0.01)).toThrow(denied('40000.1'));
    expect(() => bot.modify(0, order.orderId, 40_000, 0.0004)).toThrow(denied('0.001'));
    expect(bot.order(0, order.orderId)).toMatchObject({ qty: order.qty, status: 'new' });
  });

  test('takes the noise of sums and products for what it means', () => {
    const order = resting({ price: 400_003 * 0.1, qty: 0.1 + 0.2 - 0.29 });
    bot.submitOrder(0, order, WAIT);
    const seen = bot.order(0, order.orderId);
    expect(seen).toMatchObject({ price: 40_000.3, priceTick: 400_003, qty: 0.01, leavesQty: 0.01 });
    bot.modify(0, order.orderId, 399_997 * 0.1, 3 * 0.007, WAIT);
    expect(bot.order(0, order.orderId)).toMatchObject({ price: 39_999.7, qty: 0.021 });
  });

  test('refuses an id that is taken, and leaves its order alone', () => {
    const order = resting();
    bot.submitOrder(0, order, WAIT);
    expect(() => bot.submitOrder(0, { ...order, qty: 5 })).toThrow(
      expect.objectContaining({ code: 'ERR_ORDER_ID_EXISTS' }),
    );
    expect(bot.order(0, order.orderId)).toMatchObject({ qty: 0.01, status: 'new' });
  });

  test('names what is wrong with a request for an order', () => {
    const unknown = ids.next();
    const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;
    expect(() => bot.cancel(0, unknown)).toThrow(code('ERR_ORDER_NOT_FOUND'));
    expect(() => bot.modify(0, unknown, 1, 1)).toThrow(code('ERR_ORDER_NOT_FOUND'));
    const order = resting();
    bot.submitOrder(0, order);
    expect(() => bot.cancel(0, order.orderId)).toThrow(code('ERR_INVALID_ORDER_STATUS'));
    bot.waitOrderResponse(0, order.orderId, 2e9);
    bot.cancel(0, order.orderId, WAIT);
    expect(() => bot.cancel(0, order.orderId)).toThrow(code('ERR_INVALID_ORDER_STATUS'));
    expect(() => bot.modify(0, order.orderId, 40_000, 1)).toThrow(code('ERR_INVALID_ORDER_STATUS'));
    bot.clearInactiveOrders(0);
    expect(bot.orders(0).size).toBe(0);
    expect(() => bot.cancel(0, order.orderId)).toThrow(code('ERR_ORDER_NOT_FOUND'));
  });

  test('fills an order that takes, and tells order and position', () => {
    const before = bot.position(0);
    const taking = backend.open({ fills: true });
    try {
      waitForBook(taking, 0);
      const orderId = ids.next();
      const price = taking.depth(0).bestAsk + 200;
      expect(taking.submitBuyOrder(0, orderId, price, 0.003, 'IOC', 'limit', WAIT)).toBe(
        'order_response',
      );
      // It may be reported as accepted first, and fill by fill.
      const isOpen = (): boolean => !isFinalStatus(taking.order(0, orderId)?.status ?? 'filled');
      const endsNs = taking.monotonicNs() + 3e9;
      while (isOpen() && taking.monotonicNs() < endsNs) taking.waitOrderResponse(0, orderId, 1e9);
      const order = taking.order(0, orderId);
      expect(order).toMatchObject({ status: 'filled', leavesQty: 0, maker: false });
      expect(order?.execPrice).toBeLessThanOrEqual(price);
      const endNs = taking.monotonicNs() + 3e9;
      while (taking.position(0) === before && taking.monotonicNs() < endNs)
        taking.elapse(5_000_000);
      expect(taking.position(0) - before).toBeCloseTo(0.003, 9);
      expect(taking.stateValues(0).position).toBe(taking.position(0));
      expect(taking.submitSellOrder(0, ids.next(), 0, 0.003, 'IOC', 'market')).toBe('ok');
      waitForRecord(taking, RecordKind.Position);
      expect(taking.position(0)).toBeCloseTo(before, 9);
    } finally {
      taking.close();
    }
  });

  test('lets an order that may only rest expire when it would take', () => {
    const order = resting({ price: bot.depth(0).bestAsk + 100 });
    bot.submitOrder(0, order, WAIT);
    expect(bot.order(0, order.orderId)).toMatchObject({ status: 'expired', leavesQty: 0 });
  });

  test('cancels all of its orders at once', () => {
    const orders = [resting(), resting({ price: 40_000 }), resting({ price: 41_000 })];
    for (const order of orders) bot.submitOrder(0, order, WAIT);
    bot.cancelAll(0);
    const open = (): number =>
      [...bot.orders(0).values()].filter(({ status }) => status === 'new').length;
    const endNs = bot.monotonicNs() + 3e9;
    while (open() > 0 && bot.monotonicNs() < endNs) bot.elapse(5_000_000);
    expect([...bot.orders(0).values()].map(({ status }) => status)).toEqual([
      'canceled',
      'canceled',
      'canceled',
    ]);
  });

  test('fetches book, orders and position again when asked to', () => {
    const order = resting();
    bot.submitOrder(0, order, WAIT);
    bot.resync(0);
    waitForRecord(bot, RecordKind.BookReady);
    expect(bot.depth(0).synced).toBe(true);
    expect(bot.order(0, order.orderId)).toMatchObject({ status: 'new', leavesQty: 0.01 });
  });

  test('counts what it received and lost', () => {
    bot.elapse(100_000_000);
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

  test('names a wrong asset, price, quantity and id before anything is sent', () => {
    const refused: [string, () => unknown][] = [
      ['ERR_INSTRUMENT_NOT_FOUND', () => bot.position(1)],
      ['ERR_INSTRUMENT_NOT_FOUND', () => bot.submitOrder(1, resting())],
      ['ERR_INSTRUMENT_NOT_FOUND', () => bot.depth(-1)],
      ['ERR_INVALID_ARGUMENT', () => bot.submitOrder(0, resting({ price: NaN }))],
      ['ERR_INVALID_ARGUMENT', () => bot.submitOrder(0, resting({ qty: -1 }))],
      ['ERR_INVALID_ARGUMENT', () => bot.submitOrder(0, resting({ orderId: 2 ** 53 }))],
      ['ERR_INVALID_ARGUMENT', () => bot.waitBatch(-1)],
    ];
    for (const [code, call] of refused) expect(call).toThrow(expect.objectContaining({ code }));
    expect(bot.orders(0).size).toBe(0);
  });

  test('hands over little at a time without losing anything', () => {
    let largest = 0;
    const endNs = bot.monotonicNs() + 3e8;
    while (bot.monotonicNs() < endNs)
      largest = Math.max(largest, bot.waitBatch(10_000_000, 1).count);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(8);
    expect(bot.stats().tapOverflow).toBe(0);
  });

  test('tells balances at the start and after a fill, with what it earned and paid', () => {
    const taking = backend.open({ fills: true });
    const told: BalanceChange[] = [];
    let fills = 0;
    let atStart: BalanceChange | null | undefined;
    try {
      waitForBook(taking, 0);
      const connector = backend.instrument().build().connector;
      runStrategyLoop(
        taking,
        {
          onStart: (ctx) => {
            ctx.submit({
              side: 'buy',
              price: ctx.depth().bestAsk + 200,
              qty: 0.003,
              timeInForce: 'IOC',
            });
          },
          onBalance: (ctx, balance) => {
            expect(balance.coin).toBe('USDT');
            expect(balance.walletBalance).toBe(ctx.balance('USDT')?.walletBalance);
            told.push(balanceFromView(balance, taking.instruments));
          },
          onExecutionReport: (_, order) => {
            if (order.execQty > 0) fills += 1;
          },
          onTimer: (ctx) => {
            if (fills > 0 && told.length > 0) ctx.stop();
          },
          onStop: (ctx) => {
            atStart = ctx.balance();
            expect(ctx.balance('NONE')).toBeUndefined();
          },
          timerMs: 20,
        },
        { durationMs: 3000 },
      );
      expect(fills).toBeGreaterThan(0);
      const last = told.at(-1);
      expect(last).toMatchObject({ type: 'balance', connector, coin: 'USDT' });
      expect(last?.initialMargin).toBeGreaterThan(0);
      const left = (last?.equity ?? 0) - (last?.initialMargin ?? 0);
      expect(last?.available).toBeCloseTo(left, 6);
      expect(atStart, 'the only coin stands for the account').toEqual(last);
      expect(Object.isFrozen(last)).toBe(true);
      expect(last?.equity).toBeCloseTo((last?.walletBalance ?? 0) + (last?.unrealisedPnl ?? 0), 6);
      expect(Math.abs((last?.walletBalance ?? 0) - 1_000_000)).toBeLessThan(100);
      expect(last?.exchTsNs).toBeGreaterThan(0n);
      expect(taking.links()).toEqual([expect.objectContaining({ balances: true })]);
    } finally {
      taking.close();
    }
  });

  test('runs a strategy', () => {
    let quotes = 0;
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
        onLevel: () => seen.add('level'),
        onExecutionReport: (ctx, order) => {
          seen.add('order');
          if (order.orderStatus === 'new') ctx.cancel(order.orderId);
        },
        onBatch: () => {
          quotes += 1;
        },
        onTimer: () => seen.add('timer'),
        onStop: () => seen.add('stop'),
      },
      { durationMs: 1000 },
    );
    expect([...seen].sort()).toEqual(['level', 'order', 'start', 'stop', 'timer', 'trade']);
    expect(summary).toMatchObject({
      reason: 'duration',
      ordersSubmitted: 1,
      handlerErrors: 0,
      gaps: 0,
      dropped: 0,
    });
    expect(summary.batches).toBe(quotes);
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
