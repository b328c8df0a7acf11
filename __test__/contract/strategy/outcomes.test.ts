// What becomes of an order reaches its strategy with the order, on the stub as on a connector.
import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  eventFromView,
  OrderIdSource,
  RecordKind,
  runStrategyLoop,
  type Bot,
  type OrderReject,
  type OrderUpdate,
  type Strategy,
  type StrategyContext,
  type StrategySummary,
} from '../../../lib/index.js';
import { waitForBook } from '../../support/wait-for-book.js';
import { describeBackends } from '../backends.js';

const LOOP = { durationMs: 20_000, waitMs: 5, startWaitMs: 2_000 };

interface Seen {
  readonly updates: OrderUpdate[];
  readonly errors: string[];
  readonly summary: StrategySummary;
}

describeBackends('outcomes in a strategy', (backend) => {
  let bot: Bot;
  beforeEach(() => {
    bot = backend.open();
    waitForBook(bot, 0);
  });
  afterEach(() => {
    if (!bot.closed) bot.cancelAll();
    bot.close();
  });

  /** Calls `begin` once the book is there, and ends when `isOver`. */
  function run(
    begin: (ctx: StrategyContext) => void,
    isOver: (updates: readonly OrderUpdate[], ctx: StrategyContext) => boolean,
    more: Partial<Strategy> = {},
  ): Seen {
    const updates: OrderUpdate[] = [];
    const errors: string[] = [];
    let begun = false;
    const summary = runStrategyLoop(
      bot,
      {
        onBatch(ctx) {
          if (begun) return;
          begun = true;
          begin(ctx);
        },
        onOrderUpdate(ctx, update) {
          updates.push(update);
          if (isOver(updates, ctx)) ctx.stop();
        },
        onError: (_ctx, error) => errors.push(error.message),
        ...more,
      },
      LOOP,
    );
    return { updates, errors, summary };
  }

  const NONE = { errors: [], summary: { refusals: 0, connectorErrors: 0, handlerErrors: 0 } };
  const hasEnded = (updates: readonly OrderUpdate[]): boolean =>
    updates.some(({ order }) => order.leavesQty === 0);

  test('a post-only order that would take expires, which is neither an error nor a refusal', () => {
    const seen = run((ctx) => {
      const price = ctx.depth().bestAsk + 50;
      ctx.submit({ side: 'buy', price, qty: 0.01, timeInForce: 'GTX' });
    }, hasEnded);
    expect(seen).toMatchObject(NONE);
    expect(seen.updates).toHaveLength(1);
    const { refusal, ...update } = seen.updates[0]!;
    expect(refusal).toBeUndefined();
    expect(update).toMatchObject({
      previous: 'pending_new',
      current: 'expired',
      order: { own: true, filledQty: 0, leavesQty: 0, reject: { code: 2001 } },
    });
  });

  test('an IOC order that finds nothing expires likewise', () => {
    const seen = run((ctx) => {
      const price = ctx.depth().bestBid - 500;
      ctx.submit({ side: 'buy', price, qty: 0.01, timeInForce: 'IOC' });
    }, hasEnded);
    expect(seen).toMatchObject(NONE);
    const last = seen.updates.at(-1);
    expect(last).toMatchObject({ current: 'expired', order: { filledQty: 0, leavesQty: 0 } });
    expect(last?.refusal).toBeUndefined();
  });

  test('neither reaches onError in a strategy without onOrderUpdate', () => {
    const ends: string[] = [];
    const errors: string[] = [];
    let sent = false;
    const summary = runStrategyLoop(
      bot,
      {
        onBatch(ctx) {
          if (sent) return;
          sent = true;
          const { bestAsk, bestBid } = ctx.depth();
          ctx.submit({ side: 'buy', price: bestAsk + 50, qty: 0.01, timeInForce: 'GTX' });
          ctx.submit({ side: 'buy', price: bestBid - 500, qty: 0.01, timeInForce: 'IOC' });
          ctx.submit({ side: 'buy', price: bestBid - 500, qty: 0.01, timeInForce: 'FOK' });
        },
        onExecutionReport(ctx, { orderStatus }) {
          ends.push(orderStatus);
          if (ends.filter((end) => end === 'expired').length === 3) ctx.stop();
        },
        onError: (_ctx, error) => errors.push(error.message),
      },
      LOOP,
    );
    expect(errors).toEqual([]);
    expect(summary).toMatchObject({ reason: 'stopped', refusals: 0, connectorErrors: 0 });
  });

  test('a refused order is rejected, with the words of who refused it', () => {
    const seen = run((ctx) => {
      const price = ctx.depth().bestAsk * 1.5;
      ctx.submit({ side: 'buy', price: Math.round(price), qty: 0.01 });
    }, hasEnded);
    expect(seen).toMatchObject({
      errors: [],
      summary: { refusals: 1, connectorErrors: 0, handlerErrors: 0 },
    });
    const text = 'price is above what the instrument allows now';
    expect(seen.updates).toMatchObject([
      {
        previous: 'pending_new',
        current: 'rejected',
        order: { reject: { code: 1018, text } },
        refusal: { request: 'submit', code: 1018, text },
      },
    ]);
  });

  test('it is an error where no handler takes outcomes', () => {
    const errors: string[] = [];
    let sent: bigint | undefined;
    const summary = runStrategyLoop(
      bot,
      {
        onBatch(ctx) {
          const price = Math.round(ctx.depth().bestAsk * 1.5);
          sent ??= ctx.submit({ side: 'buy', price, qty: 0.01 });
        },
        onError(ctx, error) {
          errors.push(error.message);
          ctx.stop();
        },
      },
      LOOP,
    );
    expect(errors[0]).toContain(`order ${String(sent)} was refused: 1018`);
    expect(errors[0]).toContain('onOrderUpdate');
    expect(summary).toMatchObject({ refusals: 1, connectorErrors: 0, handlerErrors: 0 });
  });

  test('a refused change leaves the order as it was, and names the request', () => {
    let far = NaN;
    const seen = run(
      (ctx) => {
        far = Math.round(ctx.depth().bestBid * 1.5);
        ctx.submit({ side: 'buy', price: Math.round(ctx.depth().bestBid - 500), qty: 0.01 });
      },
      (updates, ctx) => {
        const { order, refusal } = updates.at(-1)!;
        if (updates.length === 1) ctx.modify(order.orderId, { price: far });
        return refusal !== undefined;
      },
    );
    expect(seen.errors).toEqual([]);
    expect(seen.updates.map(({ current }) => current)).toEqual(['new', 'new']);
    expect(seen.updates[1]?.refusal).toMatchObject({ request: 'modify', code: 1018 });
    expect(seen.updates[1]?.order.reject).toBeUndefined();
  });

  test('a fill is counted once, and tells who took, what it cost and its id', () => {
    const seen = run((ctx) => {
      ctx.submit({ side: 'buy', qty: 0.01, orderType: 'market' });
    }, hasEnded);
    expect(seen).toMatchObject(NONE);
    const fills = seen.updates.flatMap(({ fill }) => (fill === undefined ? [] : [fill]));
    expect(fills.reduce((sum, { qty }) => sum + qty, 0)).toBeCloseTo(0.01, 9);
    expect(fills.every(({ liquidity }) => liquidity === 'taker')).toBe(true);
    const rate = backend.name === 'stub' ? 0 : 0.0005;
    for (const { qty, price, fee, feeCoin } of fills) {
      expect(fee).toBeCloseTo(qty * price * rate, 9);
      expect(feeCoin).toBe('USDT');
    }
    expect(new Set(fills.map(({ tradeId }) => tradeId ?? '')).has('')).toBe(false);
    expect(new Set(fills.map(({ tradeId }) => tradeId)).size).toBe(fills.length);
    expect(seen.updates.at(-1)).toMatchObject({ current: 'filled', order: { filledQty: 0.01 } });
  });

  test('a cancel goes through pending_cancel', () => {
    const seen = run(
      (ctx) => {
        ctx.submit({ side: 'buy', price: Math.round(ctx.depth().bestBid - 500), qty: 0.01 });
      },
      (updates, ctx) => {
        if (updates.length === 1) ctx.cancel(updates[0]!.order.orderId);
        return updates.at(-1)!.current === 'canceled';
      },
    );
    expect(seen).toMatchObject(NONE);
    expect(seen.updates.at(-1)).toMatchObject({ previous: 'pending_cancel', current: 'canceled' });
  });

  test('a low-level bot sees a reject, not an error, and whether the order ended by itself', () => {
    const ids = new OrderIdSource(bot.botId);
    const seen: OrderReject[] = [];
    const kinds: number[] = [];
    const { bestAsk } = bot.depth(0);
    const order = { side: 'buy' as const, qty: 0.01 };
    bot.submitOrder(0, { ...order, orderId: ids.next(), price: bestAsk + 50, timeInForce: 'GTX' });
    bot.submitOrder(0, { ...order, orderId: ids.next(), price: Math.round(bestAsk * 1.5) });
    const endNs = bot.monotonicNs() + 20e9;
    while (seen.length < 2 && bot.monotonicNs() < endNs)
      for (const view of bot.waitBatch(5_000_000)) {
        kinds.push(view.kind);
        const event = eventFromView(view, bot.instruments);
        if (event?.type === 'reject') seen.push(event);
      }
    expect(kinds).not.toContain(RecordKind.Error);
    expect(seen).toMatchObject([
      { code: 2001, ownEnd: true, symbol: 'BTCUSDT' },
      { code: 1018, ownEnd: false },
    ]);
  });
});
