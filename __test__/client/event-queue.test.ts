import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { conflateBook, makeRoomForAll } from '../../lib/client/conflate-book.js';
import type { ClientEvent } from '../../lib/client/client-event.js';
import type { BookUpdate } from '../../lib/models/book-update.js';
import { EventQueue } from '../../lib/models/event-queue.js';
import { makeTrade, type Trade } from '../../lib/models/trade.js';

function batch(fields: Partial<BookUpdate>): BookUpdate {
  return {
    type: 'bookUpdate',
    asset: 0,
    symbol: 'A',
    bids: [],
    asks: [],
    reset: false,
    snapshot: false,
    merged: 1,
    exchTsNs: 0n,
    localTsNs: 0n,
    ...fields,
  };
}

const trade = (price: number): Trade =>
  makeTrade({ asset: 0, symbol: 'A', price, qty: 1, side: 'buy', exchTsNs: 0n, localTsNs: 0n });

describe('EventQueue', () => {
  it('gives items in order and wakes a waiting taker', async () => {
    const queue = new EventQueue<number>({ capacity: 4, policy: 'drop-oldest' });
    const waiting = queue.take(1_000);
    queue.push(1);
    queue.push(2);
    expect(await waiting).toBe(1);
    expect(queue.takeNow()).toBe(2);
    expect(queue.takeNow()).toBeUndefined();
  });

  it('gives undefined after the time-out and forgets that taker', async () => {
    const queue = new EventQueue<number>({ capacity: 4, policy: 'drop-oldest' });
    expect(await queue.take(5)).toBeUndefined();
    queue.push(7);
    expect(queue.takeNow()).toBe(7);
  });

  it('drops the oldest when full, counts and reports it', () => {
    const reported: [string, number][] = [];
    const queue = new EventQueue<number>({
      capacity: 3,
      policy: 'drop-oldest',
      onPressure: (kind, count) => reported.push([kind, count]),
    });
    for (let i = 1; i <= 5; i += 1) queue.push(i);
    expect([queue.takeNow(), queue.takeNow(), queue.takeNow(), queue.takeNow()]).toEqual([
      3,
      4,
      5,
      undefined,
    ]);
    expect(queue.health).toMatchObject({ dropped: 2, pushed: 5, highWater: 3 });
    expect(reported).toEqual([
      ['dropped', 1],
      ['dropped', 1],
    ]);
  });

  it('never drops with keep; the alarm comes at the capacity and at each doubling', () => {
    const alarms: number[] = [];
    const queue = new EventQueue<number>({
      capacity: 4,
      policy: 'keep',
      onPressure: (kind, count) => kind === 'alarm' && alarms.push(count),
    });
    for (let i = 0; i < 100; i += 1) queue.push(i);
    expect(queue.size).toBe(100);
    expect(queue.health.dropped).toBe(0);
    expect(alarms).toEqual([5, 9, 17, 33, 65]);
    for (let i = 0; i < 100; i += 1) expect(queue.takeNow()).toBe(i);
    for (let i = 0; i < 5; i += 1) queue.push(i);
    expect(alarms.at(-1)).toBe(5);
  });

  it('after close gives what is queued, then undefined at once, also to those who wait', async () => {
    const queue = new EventQueue<number>({ capacity: 4, policy: 'drop-oldest' });
    queue.push(1);
    queue.close();
    queue.push(2);
    expect(await queue.take(Infinity)).toBe(1);
    expect(await queue.take(Infinity)).toBeUndefined();
    const other = new EventQueue<number>({ capacity: 4, policy: 'drop-oldest' });
    const waiting = other.take(Infinity);
    other.close();
    expect(await waiting).toBeUndefined();
  });

  it('holds at most its capacity and keeps order, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.boolean(), { maxLength: 400 }),
        (capacity, steps) => {
          const queue = new EventQueue<number>({ capacity, policy: 'drop-oldest' });
          let model: number[] = [];
          let next = 0;
          for (const push of steps) {
            if (push) {
              queue.push(next);
              model = [...model, next].slice(-capacity);
              next += 1;
            } else {
              expect(queue.takeNow()).toBe(model.shift());
            }
            expect(queue.size).toBe(model.length);
          }
        },
      ),
    );
  });
});

describe('conflateBook', () => {
  const level = fc.record({
    bid: fc.boolean(),
    price: fc.integer({ min: 1, max: 6 }),
    qty: fc.integer({ min: 0, max: 5 }),
  });
  const batches = fc.array(
    fc.record({
      asset: fc.integer({ min: 0, max: 2 }),
      reset: fc.boolean(),
      levels: fc.array(level, { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 30 },
  );

  function books(items: readonly BookUpdate[]): Map<string, number> {
    const out = new Map<string, number>();
    for (const item of items) {
      if (item.reset)
        for (const key of [...out.keys()])
          if (key.startsWith(`${String(item.asset)}:`)) out.delete(key);
      for (const [side, levels] of [
        ['b', item.bids],
        ['a', item.asks],
      ] as const) {
        for (const { price, qty } of levels) {
          const key = `${String(item.asset)}:${side}:${String(price)}`;
          if (qty === 0) out.delete(key);
          else out.set(key, qty);
        }
      }
    }
    return out;
  }

  it('leaves one batch per instrument that makes the same book', () => {
    fc.assert(
      fc.property(batches, (raw) => {
        const items = raw.map((each) =>
          batch({
            asset: each.asset,
            reset: each.reset,
            bids: each.levels.filter((one) => one.bid),
            asks: each.levels.filter((one) => !one.bid),
          }),
        );
        const room = conflateBook(items);
        expect(new Set(room.items.map((item) => item.asset)).size).toBe(room.items.length);
        expect(books(room.items)).toEqual(books(items));
        expect(room.items.reduce((sum, item) => sum + item.merged, 0)).toBe(items.length);
      }),
    );
  });

  it('a queue of books loses no level when its reader sleeps', () => {
    const queue = new EventQueue<BookUpdate>({
      capacity: 8,
      policy: 'conflate',
      makeRoom: conflateBook,
    });
    const all: BookUpdate[] = [];
    for (let i = 0; i < 1_000; i += 1) {
      const item = batch({ asset: i % 2, bids: [{ price: i % 37, qty: i }] });
      all.push(item);
      queue.push(item);
    }
    const left: BookUpdate[] = [];
    for (let item = queue.takeNow(); item !== undefined; item = queue.takeNow()) left.push(item);
    expect(left.length).toBeLessThanOrEqual(8);
    expect(books(left)).toEqual(books(all));
    expect(queue.health).toMatchObject({ dropped: 0, conflated: 1_000 - left.length });
  });
});

describe('the queue of all events', () => {
  it('drops trades, merges books and keeps every order event', () => {
    const queue = new EventQueue<ClientEvent>({
      capacity: 50,
      policy: 'conflate',
      makeRoom: makeRoomForAll,
    });
    for (let i = 0; i < 300; i += 1) {
      queue.push(trade(i));
      queue.push(batch({ bids: [{ price: i, qty: 1 }] }));
      if (i % 10 === 0)
        queue.push({ type: 'position', asset: 0, symbol: 'A', qty: i, exchTsNs: 0n });
    }
    const left: ClientEvent[] = [];
    for (let item = queue.takeNow(); item !== undefined; item = queue.takeNow()) left.push(item);
    expect(left.filter((item) => item.type === 'position').map((item) => item.qty)).toEqual(
      Array.from({ length: 30 }, (_, i) => i * 10),
    );
    const levels = left.flatMap((item) =>
      item.type === 'bookUpdate' ? item.bids.map((one) => one.price) : [],
    );
    expect(new Set(levels).size).toBe(300);
    const trades = left.flatMap((item) => (item.type === 'trade' ? [item.price] : []));
    expect(trades).toEqual([...trades].sort((a, b) => a - b));
    expect(trades.at(-1)).toBe(299);
    expect(queue.health.dropped).toBe(300 - trades.length);
  });
});
