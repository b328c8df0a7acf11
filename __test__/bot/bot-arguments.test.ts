import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveInstrument, StubConnectorBot, type Bot, type OrderRequest } from '../../lib/index.js';
import { waitForBook } from '../support/wait-for-book.js';

const instrument = new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001);
const good: OrderRequest = { orderId: 1n, side: 'buy', price: 100, qty: 1 };

/** Wrong arguments must be named and must reach nobody: the bot holds no order afterwards. */
describe('wrong arguments', () => {
  let bot: Bot;
  beforeEach(() => {
    bot = new StubConnectorBot({ instruments: [instrument], pace: 'asap' });
    waitForBook(bot, 0);
  });
  afterEach(() => {
    bot.close();
  });

  function expectInvalid(call: () => unknown, path: string): void {
    expect(call).toThrow(
      expect.objectContaining({
        name: 'HftError',
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(path) as string,
      }),
    );
    expect(bot.orders(0).size).toBe(0);
  }

  const notPrices = [NaN, Infinity, -Infinity, 0, -0, -1, '100', null, undefined, 100n, {}];
  for (const price of notPrices) {
    test(`price ${inspect(price)}`, () => {
      expectInvalid(() => bot.submitOrder(0, { ...good, price: price as number }), 'price');
      expectInvalid(() => bot.modify(0, 1n, price as number, 1), 'price');
    });
  }

  const notQuantities = [NaN, Infinity, 0, -0, -1, '1', null, undefined, 1n];
  for (const qty of notQuantities) {
    test(`qty ${Object.is(qty, -0) ? '-0' : String(qty)}`, () => {
      expectInvalid(() => bot.submitOrder(0, { ...good, qty: qty as number }), 'qty');
      expectInvalid(() => bot.modify(0, 1n, 1, qty as number), 'qty');
    });
  }

  const notIds = [0, 0n, -1, 1.5, NaN, 2 ** 53, -1n, 2n ** 64n, '1', null, undefined];
  for (const orderId of notIds) {
    test(`order id ${String(orderId)}`, () => {
      expectInvalid(() => bot.submitOrder(0, { ...good, orderId: orderId as bigint }), 'orderId');
      expectInvalid(() => bot.cancel(0, orderId as bigint), 'orderId');
      expectInvalid(() => bot.order(0, orderId as bigint), 'orderId');
      expectInvalid(() => bot.waitOrderResponse(0, orderId as bigint, 0), 'orderId');
    });
  }

  test('any asset that is no index is an instrument that is not found', () => {
    const calls: ((asset: number) => unknown)[] = [
      (asset) => bot.position(asset),
      (asset) => bot.stateValues(asset),
      (asset) => bot.depth(asset),
      (asset) => bot.depthSnapshot(asset),
      (asset) => bot.lastTrades(asset),
      (asset) => bot.orders(asset),
      (asset) => bot.order(asset, 1n),
      (asset) => bot.submitOrder(asset, good),
      (asset) => bot.modify(asset, 1n, 1, 1),
      (asset) => bot.cancel(asset, 1n),
      (asset) => {
        bot.cancelAll(asset);
      },
      (asset) => bot.waitOrderResponse(asset, 1n, 0),
      (asset) => bot.feedLatency(asset),
      (asset) => bot.orderLatency(asset),
      (asset) => {
        bot.resync(asset);
      },
    ];
    const assets = [1, -1, 0.5, NaN, Infinity, 2 ** 53, '0', null, 0n, {}, 4294967296];
    for (const asset of assets) {
      for (const call of calls) {
        expect(() => call(asset as number), `${inspect(asset)} ${call.toString()}`).toThrow(
          expect.objectContaining({ code: 'ERR_INSTRUMENT_NOT_FOUND' }),
        );
      }
    }
  });

  test('side, time in force and order type outside their words', () => {
    for (const word of ['', 'BUY', 'gtc', 1, null, '__proto__', 'constructor']) {
      expectInvalid(() => bot.submitOrder(0, { ...good, side: word as 'buy' }), 'side');
      expectInvalid(
        () => bot.submitOrder(0, { ...good, timeInForce: word as 'GTC' }),
        'timeInForce',
      );
      expectInvalid(() => bot.submitOrder(0, { ...good, orderType: word as 'limit' }), 'orderType');
    }
    expectInvalid(() => bot.submitOrder(0, null as unknown as OrderRequest), 'order');
  });

  test('times to wait that are no whole ns', () => {
    for (const ns of [NaN, -1, 0.5, Infinity, 2 ** 53, '1', 1n, undefined]) {
      expectInvalid(() => bot.waitNextFeed(true, ns as number), 'timeoutNs');
      expectInvalid(() => bot.waitBatch(ns as number), 'timeoutNs');
      expectInvalid(() => bot.waitOrderResponse(0, 1n, ns as number), 'timeoutNs');
      expectInvalid(() => bot.elapse(ns as number), 'durationNs');
      expectInvalid(() => bot.elapseBt(ns as number), 'durationNs');
    }
    expectInvalid(() => bot.waitNextFeed(1 as unknown as boolean, 0), 'includeOrderResponses');
    for (const timeoutMs of [NaN, 0, -1, Infinity, 60_001, '5']) {
      expectInvalid(
        () => bot.submitOrder(0, good, { timeoutMs: timeoutMs as number }),
        'timeoutMs',
      );
    }
    for (const max of [0, -1, 1.5, NaN, 2 ** 31])
      expectInvalid(() => bot.waitBatch(0, max), 'maxRecords');
  });

  test('ticks and level counts that are no whole numbers', () => {
    const depth = bot.depth(0);
    for (const tick of [NaN, 0.5, Infinity, 2 ** 53, '1']) {
      expectInvalid(() => depth.bidQtyAtTick(tick as number), 'priceTick');
      expectInvalid(() => depth.askQtyAtTick(tick as number), 'priceTick');
    }
    for (const count of [0, -1, 1.5, NaN, 10_001])
      expectInvalid(() => depth.levels(count), 'count');
  });

  test('an order whose getter throws passes the error on and sends nothing', () => {
    const trap = new Error('trap');
    const order = {
      ...good,
      get qty(): number {
        throw trap;
      },
    };
    expect(() => bot.submitOrder(0, order)).toThrow(trap);
    expect(bot.orders(0).size).toBe(0);
  });

  test('an order whose getter changes its mind is sent as it was checked', () => {
    const answers = [1, NaN, -5];
    const order = {
      ...good,
      get qty(): number {
        return answers.shift() ?? NaN;
      },
    };
    expect(bot.submitOrder(0, order)).toBe('ok');
    expect(bot.orders(0).get(1n)?.qty).toBe(1);
  });

  test('whatever the values, the outcome is an order or a named error', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.bigInt(),
      fc.constantFrom(-0, 2 ** 53, 2n ** 63n),
    );
    fc.assert(
      fc.property(anything, anything, anything, anything, (asset, orderId, price, qty) => {
        const before = bot.orders(0).size;
        try {
          bot.submitSellOrder(
            asset as number,
            orderId as bigint,
            price as number,
            qty as number,
            'GTC',
            'limit',
          );
          expect(bot.orders(0).size).toBe(before + 1);
        } catch (error) {
          expect(error).toMatchObject({
            name: 'HftError',
            code: expect.stringMatching(/^ERR_/) as string,
          });
          expect(bot.orders(0).size).toBe(before);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a safe whole number is as good an order id as a bigint', () => {
    bot.submitBuyOrder(0, 2 ** 53 - 1, 100, 1, 'GTC', 'limit');
    expect(bot.order(0, 9007199254740991n)?.orderId).toBe(9007199254740991n);
    bot.submitBuyOrder(0, 2n ** 64n - 1n, 100, 1, 'GTC', 'limit');
    expect(bot.orders(0).has(18446744073709551615n)).toBe(true);
  });
});
