// What another thread can read of a strategy's orders when its own does not answer.
import { describe, expect, test } from 'vitest';

import { LiveInstrument, StubConnectorBot, type Strategy } from '../../../lib/index.js';
import { describeOnBoard, withOrdersLeft } from '../../../lib/strategy/forced-end.js';
import { OrderBoard } from '../../../lib/strategy/order-board.js';
import { runLoopWithBoard } from '../../../lib/strategy/strategy-loop.js';

const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) =>
  new LiveInstrument(symbol).connector('stub').tickSize(0.1).lotSize(0.001),
);
const specs = instruments.map((instrument) => instrument.build());

/** What another thread sees. */
const seen = (board: OrderBoard) => new OrderBoard(board.memory).read(specs);

function runWith(strategy: Strategy): OrderBoard {
  const board = new OrderBoard();
  using bot = new StubConnectorBot({
    instruments,
    maxFeeds: Infinity,
    pace: 'asap',
    requireLiveBook: false,
    fillProbability: 0,
  });
  runLoopWithBoard(bot, strategy, { durationMs: 50, waitMs: 5, stopWaitMs: 0 }, board);
  return board;
}

describe('the orders on the board', () => {
  test('are those that have not ended, with what was last reported', () => {
    const board = runWith({
      onStart(ctx) {
        for (const [asset, side] of [
          [0, 'buy'],
          [1, 'sell'],
        ] as const) {
          const price = side === 'buy' ? 100 : 900_000;
          ctx.submit({ orderId: asset + 1, instrument: asset, side, price, qty: 0.1 });
        }
        ctx.submit({ orderId: 3, instrument: 0, side: 'buy', price: 101, qty: 0.1 });
      },
      onExecutionReport(ctx, order) {
        if (order.orderId === 3n && order.orderStatus === 'new') ctx.cancel(3n);
        if (order.orderId === 2n && order.price === 900_000)
          ctx.modify(2n, { price: 800_000, qty: 0.2 });
      },
      onStop(ctx) {
        ctx.submit({ orderId: 4, instrument: 0, side: 'buy', price: 99, qty: 0.3 });
      },
    });
    expect(seen(board)).toEqual({
      orders: [
        { symbol: 'BTCUSDT', orderId: '1', side: 'buy', price: 100, leavesQty: 0.1, known: true },
        {
          symbol: 'ETHUSDT',
          orderId: '2',
          side: 'sell',
          price: 800_000,
          leavesQty: 0.2,
          known: true,
        },
        { symbol: 'BTCUSDT', orderId: '4', side: 'buy', price: 99, leavesQty: 0.3, known: false },
      ],
      unnamed: 0,
    });
  });

  test('are none that the bot refused to send', () => {
    let refused = 0;
    const board = runWith({
      onStart(ctx) {
        const order = { orderId: 1, side: 'buy', price: 100, qty: 0.1 } as const;
        ctx.submit(order);
        for (const wrong of [order, { ...order, orderId: 2, qty: -1 }, { ...order, price: 5n }])
          try {
            ctx.submit(wrong as typeof order);
          } catch {
            refused += 1;
          }
      },
    });
    expect(refused).toBe(3);
    expect(seen(board).orders.map(({ orderId }) => orderId)).toEqual(['1']);
  });

  test('are counted where they have no room, and have it again after others ended', () => {
    const board = new OrderBoard();
    for (let id = 1n; id <= 4_100n; id += 1n) board.put(0, id, false, 1, 1, true);
    expect(seen(board).orders).toHaveLength(4_096);
    expect(seen(board).unnamed).toBe(4);
    expect(describeOnBoard(seen(board))).toMatch(
      /^4100 orders may be open .*of 4 more nothing is known$/,
    );
    board.drop(0, 4_100n);
    board.drop(0, 1n);
    board.put(1, 1n, true, 2, 3, true);
    expect(seen(board).unnamed).toBe(3);
    expect(seen(board).orders[0]).toMatchObject({ symbol: 'ETHUSDT', side: 'sell', price: 2 });
  });

  test('are listed without details when their writer was ended while it wrote', () => {
    const board = new OrderBoard();
    board.put(0, 7n, true, 100, 2, true);
    // The sequence of the first slot, odd as in the middle of a change.
    Atomics.add(new Int32Array(board.memory), 8, 1);
    expect(seen(board).orders).toEqual([
      { symbol: 'BTCUSDT', orderId: '7', side: 'sell', price: NaN, leavesQty: NaN, known: true },
    ]);
  });

  test('stand in the error with the code and the remedy that it had', () => {
    const board = new OrderBoard();
    board.put(0, 7n, true, 100, 2, true);
    const error = withOrdersLeft(new TypeError('broken'), seen(board));
    expect(error).toMatchObject({ code: 'ERR_CUSTOM', ordersLeft: seen(board).orders });
    expect(error.message).toBe(
      'broken. 1 order may be open at the venue: BTCUSDT sell 2 at 100, order 7. ' +
        'Look at the account, and cancel there what must not stay.',
    );
    const none = withOrdersLeft(error, seen(new OrderBoard()));
    expect(none.ordersLeft).toEqual([]);
    expect(none.message).toContain('No own order is known to be open.');
  });
});
