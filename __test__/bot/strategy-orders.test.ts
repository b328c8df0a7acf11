import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  LiveInstrument,
  runStrategyLoop,
  StubConnectorBot,
  type Bot,
  type StrategyContext,
} from '../../lib/index.js';

const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) =>
  new LiveInstrument(symbol).connector('sim').tickSize(0.1).lotSize(0.001),
);
const sell = { side: 'sell' as const, price: 60_000, qty: 1 };

describe('an order of a strategy', () => {
  let bot: Bot;
  beforeEach(() => {
    bot = new StubConnectorBot({ instruments, pace: 'asap', fillProbability: 0 });
  });
  afterEach(() => {
    bot.close();
  });

  /** Runs `work` once the books are there. */
  function inStrategy(work: (ctx: StrategyContext) => void): void {
    let thrown: unknown;
    let batches = 0;
    runStrategyLoop(bot, {
      onBatch(ctx) {
        batches += 1;
        if (batches < 5) return;
        try {
          work(ctx);
        } catch (error) {
          thrown = error;
        }
        ctx.stop();
      },
    });
    if (thrown !== undefined) throw thrown as Error;
  }

  test('goes to the instrument whose symbol it names', () => {
    inStrategy((ctx) => {
      ctx.submit({ ...sell, symbol: 'ETHUSDT' });
      ctx.submit({ ...sell, symbol: 'ETHUSDT', instrument: 1 });
      ctx.submit({ ...sell });
    });
    expect([bot.orders(0).size, bot.orders(1).size]).toEqual([1, 2]);
  });

  test.each([
    [{ symbol: 'ETHUSDT', instrument: 0 }, 'is not the instrument 0'],
    [{ asset: 1 }, 'The instrument is instrument, by symbol or index'],
    [{ reduceOnly: true }, 'No connector can do reduceOnly'],
    [{ pirce: 1 }, 'Did you mean price?'],
  ])('with %j is refused and not sent', (more, says) => {
    expect(() => {
      inStrategy((ctx) => ctx.submit({ ...sell, ...more }));
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(says) as string,
      }),
    );
    expect([bot.orders(0).size, bot.orders(1).size]).toEqual([0, 0]);
  });

  test('is found by its id on every instrument, to change and to cancel it', () => {
    const seen: unknown[] = [];
    inStrategy((ctx) => {
      const first = ctx.submit(sell);
      const second = ctx.submit({ ...sell, instrument: 'ETHUSDT' });
      const third = ctx.submit({ side: 'buy', qty: 1, orderType: 'market', instrument: 1 });
      while (bot.order(1, second)?.cancellable !== true) bot.elapse(1_000_000);
      ctx.modify(second, { qty: 2 });
      bot.waitOrderResponse(1, second, 1e9);
      ctx.modify(second, { price: 60_001 });
      bot.waitOrderResponse(1, second, 1e9);
      const { price, qty } = bot.order(1, second) ?? {};
      ctx.cancel(second);
      ctx.cancel(first);
      while (bot.order(0, first)?.status !== 'canceled') bot.elapse(1_000_000);
      seen.push(price, qty, bot.order(1, second)?.status, bot.order(1, third)?.orderType);
    });
    expect(seen).toEqual([60_001, 2, 'canceled', 'market']);
  });

  test.each([
    [
      'cancel',
      (ctx: StrategyContext) => {
        ctx.cancel(9n);
      },
      'ERR_ORDER_NOT_FOUND',
    ],
    [
      'modify',
      (ctx: StrategyContext) => {
        ctx.modify(9n, { qty: 1 });
      },
      'ERR_ORDER_NOT_FOUND',
    ],
    [
      'modify nothing',
      (ctx: StrategyContext) => {
        ctx.modify(9n, {});
      },
      'ERR_INVALID_ARGUMENT',
    ],
    [
      'submit without a price',
      (ctx: StrategyContext) => ctx.submit({ side: 'buy', qty: 1 }),
      'ERR_INVALID_ARGUMENT',
    ],
    ['balance', (ctx: StrategyContext) => ctx.balance('USDT', 'none'), 'ERR_INVALID_ARGUMENT'],
  ])('that is not there is named: %s', (_, call, code) => {
    expect(() => {
      inStrategy((ctx) => {
        call(ctx);
      });
    }).toThrow(expect.objectContaining({ code }));
  });

  test('of a low-level bot with an unknown name is refused and not sent', () => {
    const order = { ...sell, orderId: 1n };
    for (const more of [{ symbol: 'ETHUSDT' }, { reduceOnly: true }, { timeinforce: 'IOC' }])
      expect(() => bot.submitOrder(0, { ...order, ...more })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    expect(() => bot.submitOrder(0, order, { timeout: 1 } as never)).toThrow('timeoutMs');
    expect(bot.orders(0).size).toBe(0);
  });
});
