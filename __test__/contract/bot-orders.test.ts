import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  OrderIdSource,
  RecordKind,
  runStrategyLoop,
  type BalanceChange,
  type Bot,
  type DesiredQuote,
  type OrderRequest,
  type QuoteResult,
} from '../../lib/index.js';
import { balanceFromView } from '../../lib/models/event-from-view.js';
import { isFinalStatus } from '../../lib/models/order-status.js';
import { waitForBook } from '../support/wait-for-book.js';
import { describeBackends } from './backends.js';

const WAIT = { timeoutMs: 20_000 };

/** The first wait that sees a record of the kind, or an error after 20 s. */
function waitForRecord(bot: Bot, kind: number): void {
  const endNs = bot.monotonicNs() + 20e9;
  while (bot.monotonicNs() < endNs) {
    const batch = bot.waitBatch(50_000_000);
    while (batch.next()) if (batch.view.kind === kind) return;
  }
  throw new Error(`no record of kind ${String(kind)}`);
}

describeBackends('the orders of a bot', (backend) => {
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
  function resting(change: Partial<OrderRequest> = {}): OrderRequest & { readonly price: number } {
    const price = bot.depth(0).bestBid - 500;
    return { orderId: ids.next(), side: 'buy', price, qty: 0.01, timeInForce: 'GTX', ...change };
  }

  test('takes an order from its submission to its cancellation', () => {
    const order = resting();
    expect(bot.submitOrder(0, order)).toBe('ok');
    expect(bot.order(0, order.orderId)).toMatchObject({
      status: 'new',
      pending: 'new',
      cancellable: false,
    });
    expect(bot.waitOrderResponse(0, order.orderId, 20e9)).toBe('order_response');
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

  test('shows a change as under way until it is answered, and sends no second one meanwhile', () => {
    const order = resting();
    bot.submitOrder(0, order, WAIT);
    const price = bot.depth(0).bestBid - 600;
    const pending = (): string | undefined => bot.order(0, order.orderId)?.pending;
    expect(bot.modify(0, order.orderId, price, 0.01)).toBe('ok');
    expect(pending()).toBe('replaced');
    expect(bot.orders(0).get(order.orderId as bigint)?.pending).toBe('replaced');
    const again = (): unknown => bot.modify(0, order.orderId, price - 1, 0.01);
    expect(again).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ORDER_STATUS' }) as Error);
    expect(bot.waitOrderResponse(0, order.orderId, 20e9)).toBe('order_response');
    expect(pending()).toBe('none');
    expect(bot.order(0, order.orderId)?.price).toBeCloseTo(price, 6);
    // More than the account has money for.
    bot.modify(0, order.orderId, price, 90_000);
    expect(pending()).toBe('replaced');
    waitForRecord(bot, RecordKind.Reject);
    expect(pending()).toBe('none');
    expect(bot.modify(0, order.orderId, price - 1, 0.01, WAIT)).toBe('order_response');
    bot.cancel(0, order.orderId, WAIT);
  });

  test('quotes nothing twice while a change is under way', () => {
    const wanted = (by: number): DesiredQuote[] => [
      { side: 'buy', price: Math.round(bot.depth(0).bestBid - 500 - by), qty: 0.01 },
    ];
    const results: QuoteResult[] = [];
    let turns = 0;
    runStrategyLoop(
      bot,
      {
        onStart: (ctx) => void ctx.quote(wanted(0)),
        onBatch(ctx) {
          turns += 1;
          if (turns > 1_000) ctx.stop();
          if (results.length > 0 || ![...ctx.orders().values()].some((each) => each.cancellable))
            return;
          const next = wanted(50);
          results.push(ctx.quote(next), ctx.quote(next), ctx.quote(wanted(60)));
          ctx.stop();
        },
        onStop: (ctx) => {
          ctx.cancelAll();
        },
      },
      { durationMs: 10_000 },
    );
    expect(results.map(({ modified, waiting }) => [modified.length, waiting])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(bot.orders(0).size).toBeGreaterThan(0);
    for (const { status } of bot.orders(0).values()) expect(status).toBe('canceled');
  });

  test.each(['a new order', 'a change'])(
    'leaves no quote when onStop takes all away while %s is under way',
    (what) => {
      const wanted = (by: number): DesiredQuote[] => [
        { side: 'buy', price: Math.round(bot.depth(0).bestBid - 500 - by), qty: 0.01 },
      ];
      let isAsked = false;
      const pending: string[] = [];
      const { stop, ordersLeft } = runStrategyLoop(
        bot,
        {
          onBatch(ctx) {
            if (isAsked || !ctx.depth().synced) return;
            if (what === 'a change') {
              ctx.quote(wanted(0));
              if (![...ctx.orders().values()].some((each) => each.cancellable)) return;
            }
            ctx.quote(wanted(50));
            isAsked = true;
            ctx.stop();
          },
          onStop(ctx) {
            pending.push(...[...ctx.orders().values()].map((order) => order.pending));
            ctx.quote([]);
          },
        },
        { durationMs: 10_000 },
      );
      expect(pending).toEqual([what === 'a change' ? 'replaced' : 'new']);
      expect(stop).toMatchObject({ cancelsAsked: 1, canceled: 1, cancelsUnanswered: 0 });
      expect(ordersLeft).toEqual([]);
    },
  );

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

  test('denies a strategy what is off the grid, and sends nothing', () => {
    const errors: unknown[] = [];
    let rests: bigint | undefined;
    const attempt = (what: () => void): void => {
      try {
        what();
      } catch (error) {
        errors.push(error);
      }
    };
    const { ordersSubmitted } = runStrategyLoop(
      bot,
      {
        onStart: (ctx) => {
          const { price, qty } = resting();
          attempt(() => ctx.submit({ side: 'buy', price: price + 0.04, qty }));
          attempt(() => ctx.submit({ side: 'buy', price, qty: 0.0105 }));
          rests = ctx.submit({ side: 'buy', price, qty, timeInForce: 'GTX' });
        },
        onExecutionReport: (ctx, { orderId }) => {
          if (orderId !== rests || ctx.orders().get(orderId)?.cancellable !== true) return;
          attempt(() => {
            ctx.modify(orderId, { price: 40_000.06 });
          });
          attempt(() => {
            ctx.modify(orderId, { qty: 0.0004 });
          });
          expect([...ctx.orders().keys()]).toEqual([rests]);
          ctx.stop();
        },
        onStop: (ctx) => {
          ctx.cancelAll();
        },
      },
      { durationMs: 20_000 },
    );
    const offGrid = expect.objectContaining({ code: 'ERR_OFF_GRID' }) as Error;
    expect(errors).toEqual([offGrid, offGrid, offGrid, offGrid]);
    expect(ordersSubmitted).toBe(1);
  });

  test('takes a price or quantity with floating-point noise for the one on the grid', () => {
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
    bot.waitOrderResponse(0, order.orderId, 20e9);
    bot.cancel(0, order.orderId, WAIT);
    expect(() => bot.cancel(0, order.orderId)).toThrow(code('ERR_INVALID_ORDER_STATUS'));
    expect(() => bot.modify(0, order.orderId, 40_000, 1)).toThrow(code('ERR_INVALID_ORDER_STATUS'));
    bot.clearInactiveOrders(0);
    expect(bot.orders(0).size).toBe(0);
    expect(() => bot.cancel(0, order.orderId)).toThrow(code('ERR_ORDER_NOT_FOUND'));
  });

  test('fills an order that takes, and reports order and position', () => {
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
      const endsNs = taking.monotonicNs() + 20e9;
      while (isOpen() && taking.monotonicNs() < endsNs) taking.waitOrderResponse(0, orderId, 1e9);
      const order = taking.order(0, orderId);
      expect(order).toMatchObject({ status: 'filled', leavesQty: 0, maker: false });
      expect(order?.execPrice).toBeLessThanOrEqual(price);
      // The position is reported fill by fill, too.
      const isAt = (qty: number): boolean => Math.abs(taking.position(0) - qty) < 1e-9;
      const endNs = taking.monotonicNs() + 20e9;
      const until = (qty: number): void => {
        while (!isAt(qty) && taking.monotonicNs() < endNs) taking.elapse(5_000_000);
        expect(taking.position(0)).toBeCloseTo(qty, 9);
      };
      until(before + 0.003);
      expect(taking.stateValues(0).position).toBe(taking.position(0));
      expect(taking.submitSellOrder(0, ids.next(), 0, 0.003, 'IOC', 'market')).toBe('ok');
      until(before);
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
    const endNs = bot.monotonicNs() + 20e9;
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

  test('gets balances at the start and after a fill, with what it earned and paid', () => {
    const taking = backend.open({ fills: true });
    const balances: BalanceChange[] = [];
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
            balances.push(balanceFromView(balance, taking.instruments));
          },
          onExecutionReport: (_, order) => {
            if (order.execQty > 0) fills += 1;
          },
          onTimer: (ctx) => {
            if (fills > 0 && balances.length > 0) ctx.stop();
          },
          onStop: (ctx) => {
            atStart = ctx.balance();
            expect(ctx.balance('NONE')).toBeUndefined();
          },
          timerMs: 20,
        },
        { durationMs: 20_000 },
      );
      expect(fills).toBeGreaterThan(0);
      const last = balances.at(-1);
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
});
