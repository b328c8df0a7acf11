import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  planQuotes,
  roundToLot,
  roundToTick,
  type DesiredQuote,
  type QuoteOptions,
  type QuotePlan,
  type QuoteStep,
  type Side,
  type WorkingOrder,
} from '../../lib/index.js';

const GRID = { tickSize: 0.1, lotSize: 0.001 };

const order = (
  orderId: bigint,
  side: Side,
  price: number,
  leavesQty = 1,
  pending: WorkingOrder['pending'] = 'none',
  filledQty = 0,
): WorkingOrder => ({ orderId, side, price, leavesQty, filledQty, pending });
const bid = (price: number, qty = 1): DesiredQuote => ({ side: 'buy', price, qty });
const ask = (price: number, qty = 1): DesiredQuote => ({ side: 'sell', price, qty });
const plan = (
  desired: DesiredQuote[],
  working: WorkingOrder[],
  options: QuoteOptions = {},
): QuotePlan => planQuotes(desired, working, GRID, options);

describe('a plan of quotes', () => {
  test('sends what is missing, on both sides', () => {
    expect(plan([bid(99), ask(101)], [])).toEqual({
      steps: [
        { type: 'submit', side: 'buy', price: 99, qty: 1 },
        { type: 'submit', side: 'sell', price: 101, qty: 1 },
      ],
      waiting: 0,
      settled: false,
    });
  });

  test('is nothing when everything is there', () => {
    const there = [order(1n, 'buy', 99), order(2n, 'sell', 101)];
    expect(plan([bid(99), ask(101)], there)).toEqual({ steps: [], waiting: 0, settled: true });
  });

  test('changes one order where one has moved, and keeps the others', () => {
    const there = [order(1n, 'buy', 99), order(2n, 'buy', 98), order(3n, 'buy', 97)];
    expect(plan([bid(99), bid(98), bid(96)], there).steps).toEqual([
      { type: 'modify', orderId: 3n, price: 96, qty: 1 },
    ]);
  });

  test('counts what is filled into the whole quantity of a change', () => {
    const there = [order(1n, 'buy', 99, 0.4, 'none', 0.6)];
    expect(plan([bid(99, 1)], there).steps).toEqual([
      { type: 'modify', orderId: 1n, price: 99, qty: 1.6 },
    ]);
    expect(plan([bid(99, 1)], there, { qtyTolerance: 0.6 })).toMatchObject({ settled: true });
  });

  test('cancels first and sends when that is answered, where orders cannot be changed', () => {
    const options = { modify: false };
    expect(plan([bid(98)], [order(1n, 'buy', 99)], options)).toEqual({
      steps: [{ type: 'cancel', orderId: 1n }],
      waiting: 1,
      settled: false,
    });
    expect(plan([bid(98)], [order(1n, 'buy', 99, 1, 'cancel')], options).steps).toEqual([]);
    expect(plan([bid(98)], [], options).steps).toHaveLength(1);
  });

  test('sends no order twice while the first is not answered', () => {
    expect(plan([bid(99)], [order(1n, 'buy', 99, 1, 'submit')])).toEqual({
      steps: [],
      waiting: 1,
      settled: false,
    });
  });

  test.each(['submit', 'cancel', 'modify', 'unknown'] as const)(
    'counts an order whose %s is open as exposure, wherever it stands',
    (pending) => {
      expect(plan([bid(98)], [order(1n, 'buy', 97, 1, pending)])).toEqual({
        steps: [],
        waiting: 1,
        settled: false,
      });
    },
  );

  test('adds nothing beside an order of unknown state, but on the other side', () => {
    const unknown = [order(1n, 'buy', 97, 1, 'unknown'), order(2n, 'buy', 96)];
    expect(plan([bid(98), bid(99), ask(101)], unknown).steps).toEqual([
      { type: 'cancel', orderId: 2n },
      { type: 'submit', side: 'sell', price: 101, qty: 1 },
    ]);
  });

  test('adds beside an order that is on its way only what is more than it', () => {
    const [far, larger] = [order(1n, 'buy', 97, 1, 'submit'), order(1n, 'buy', 97, 5, 'submit')];
    expect(plan([bid(98), bid(99)], [far]).steps).toHaveLength(1);
    expect(plan([bid(98, 1), bid(99, 5)], [larger]).steps).toEqual([
      { type: 'submit', side: 'buy', price: 98, qty: 1 },
    ]);
  });

  test('takes everything away when nothing is desired', () => {
    const there = [order(1n, 'buy', 99), order(2n, 'sell', 101), order(3n, 'buy', 98, 1, 'submit')];
    expect(plan([], there).steps).toEqual([
      { type: 'cancel', orderId: 1n },
      { type: 'cancel', orderId: 2n },
    ]);
  });

  test('takes the second of two orders at one price away', () => {
    const there = [order(1n, 'buy', 99), order(2n, 'buy', 99)];
    expect(plan([bid(99)], there).steps).toEqual([{ type: 'cancel', orderId: 2n }]);
  });

  test.each([
    ['a bid at an ask', [bid(100), ask(100)], 'ERR_INVALID_ARGUMENT'],
    ['two quotes at one price', [bid(99), bid(99.00000000001)], 'ERR_INVALID_ARGUMENT'],
    ['a price off the grid', [bid(99.05)], 'ERR_OFF_GRID'],
    ['a quantity off the grid', [bid(99, 0.0005)], 'ERR_OFF_GRID'],
    ['no quantity', [bid(99, 0)], 'ERR_INVALID_ARGUMENT'],
    ['an unknown name', [{ ...bid(99), quantity: 1 }], 'ERR_INVALID_ARGUMENT'],
    ['no list', bid(99) as never, 'ERR_INVALID_ARGUMENT'],
  ])('refuses %s', (_, desired, code) => {
    expect(() => plan(desired, [])).toThrow(expect.objectContaining({ code }));
  });

  test('takes noise off: 0.1 three times is 0.3', () => {
    expect(plan([bid(0.1 + 0.1 + 0.1, 0.006 * 3)], []).steps).toEqual([
      { type: 'submit', side: 'buy', price: 0.3, qty: 0.018 },
    ]);
  });
});

/** An order at a venue, and what is under way about it. */
interface Live {
  readonly id: bigint;
  readonly side: Side;
  tick: number;
  leavesLots: number;
  filledLots: number;
  request: QuoteStep | undefined;
  isUnknown: boolean;
}

/** A venue that answers requests in any order, refuses some, and fills what is open. */
class Venue {
  readonly #live = new Map<bigint, Live>();
  #next = 1n;

  get orders(): Live[] {
    return [...this.#live.values()];
  }

  working(): WorkingOrder[] {
    return this.orders.map(({ id, side, tick, leavesLots, filledLots, request, isUnknown }) => ({
      orderId: id,
      side,
      price: tick / 10,
      leavesQty: leavesLots / 1000,
      filledQty: filledLots / 1000,
      pending: isUnknown ? 'unknown' : (request?.type ?? 'none'),
    }));
  }

  take(step: QuoteStep): void {
    if (step.type === 'submit') {
      const id = this.#next++;
      this.#live.set(id, {
        id,
        side: step.side,
        tick: Math.round(step.price * 10),
        leavesLots: Math.round(step.qty * 1000),
        filledLots: 0,
        request: step,
        isUnknown: false,
      });
      return;
    }
    const order = this.#live.get(step.orderId);
    // hftbacktest refuses these.
    if (order === undefined || order.request !== undefined || order.isUnknown)
      throw new Error('a request about an order that has one under way');
    order.request = step;
  }

  answer(order: Live, isRefused: boolean): void {
    const { request } = order;
    order.request = undefined;
    order.isUnknown = false;
    if (request?.type === 'cancel' ? !isRefused : request?.type === 'submit' && isRefused)
      this.#live.delete(order.id);
    if (request?.type === 'modify' && !isRefused) {
      order.tick = Math.round(request.price * 10);
      order.leavesLots = Math.max(0, Math.round(request.qty * 1000) - order.filledLots);
      if (order.leavesLots === 0) this.#live.delete(order.id);
    }
  }

  fill(order: Live, lots: number): void {
    const filled = Math.min(lots, order.leavesLots);
    order.leavesLots -= filled;
    order.filledLots += filled;
    if (order.leavesLots === 0) this.#live.delete(order.id);
  }

  lose(order: Live): void {
    order.isUnknown = true;
  }

  /** Most that the orders of a side can have open, whatever is answered. */
  exposureLots(side: Side): number {
    return this.orders
      .filter((order) => order.side === side)
      .reduce((sum, { leavesLots, filledLots, request }) => {
        const to = request?.type === 'modify' ? Math.round(request.qty * 1000) - filledLots : 0;
        return sum + Math.max(leavesLots, to);
      }, 0);
  }

  /** Orders that stand at a price, or may once everything is answered. */
  at(side: Side, tick: number): number {
    return this.orders.filter(
      (order) =>
        order.side === side &&
        (order.tick === tick ||
          (order.request?.type === 'modify' && Math.round(order.request.price * 10) === tick)),
    ).length;
  }
}

const level = (side: Side, from: number): fc.Arbitrary<DesiredQuote[]> =>
  fc
    .uniqueArray(
      fc.record({
        tick: fc.integer({ min: from, max: from + 5 }),
        lots: fc.integer({ min: 1, max: 3 }),
      }),
      { selector: ({ tick }) => tick, maxLength: 4 },
    )
    .map((levels) =>
      levels.map(({ tick, lots }) => ({ side, price: tick / 10, qty: (lots * 500) / 1000 })),
    );

const desired = fc
  .tuple(level('buy', 990), level('sell', 1000))
  .map(([bids, asks]) => [...bids, ...asks]);

const event = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant('quote' as const), desired }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom('answer' as const, 'refuse' as const),
      which: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('fill' as const),
      which: fc.nat(20),
      lots: fc.integer({ min: 1, max: 1500 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('lose' as const), which: fc.nat(20) }),
  },
);

/** Plans, checks what must always hold, and sends. */
function quote(venue: Venue, wanted: DesiredQuote[], options: QuoteOptions): QuotePlan {
  const before = { buy: venue.exposureLots('buy'), sell: venue.exposureLots('sell') };
  const stood = new Map(
    wanted.map((each) => [each, venue.at(each.side, Math.round(each.price * 10))]),
  );
  const made = planQuotes(wanted, venue.working(), GRID, options);
  for (const step of made.steps) venue.take(step);
  for (const each of wanted) {
    const count = venue.at(each.side, Math.round(each.price * 10));
    // Two can stand there only when two did before: of an earlier wish.
    expect(count).toBeLessThanOrEqual(Math.max(1, stood.get(each) ?? 0));
  }
  for (const side of ['buy', 'sell'] as const) {
    const total = wanted
      .filter((each) => each.side === side)
      .reduce((sum, { qty }) => sum + Math.round(qty * 1000), 0);
    expect(venue.exposureLots(side)).toBeLessThanOrEqual(Math.max(before[side], total));
  }
  return made;
}

describe('under any order of answers, refusals, fills and losses', () => {
  const schedules = fc.record({
    events: fc.array(event, { maxLength: 40 }),
    last: desired,
    modify: fc.boolean(),
    fifo: fc.boolean(),
  });

  test('a plan never doubles an order or the exposure, and in the end the quotes are there', () => {
    fc.assert(
      fc.property(schedules, ({ events, last, modify, fifo }) => {
        const venue = new Venue();
        let wanted: DesiredQuote[] = [];
        for (const each of events) {
          const { orders } = venue;
          if (each.what === 'quote') wanted = each.desired;
          else {
            const chosen = orders[each.which % Math.max(1, orders.length)];
            if (chosen === undefined) continue;
            if (each.what === 'fill') venue.fill(chosen, each.lots);
            else if (each.what === 'lose') venue.lose(chosen);
            else venue.answer(chosen, each.what === 'refuse');
          }
          quote(venue, wanted, { modify });
        }
        let made: QuotePlan | undefined;
        for (let round = 0; round < 40 && made?.settled !== true; round += 1) {
          made = quote(venue, last, { modify });
          const waiting = venue.orders.filter((one) => one.request !== undefined || one.isUnknown);
          const next = fifo ? waiting[0] : waiting.at(-1);
          if (next !== undefined) venue.answer(next, false);
        }
        expect(made?.settled).toBe(true);
        const shown = (all: readonly { side: Side; price: number; qty: number }[]): string[] =>
          all.map(({ side, price, qty }) => `${side} ${String(qty)} @ ${String(price)}`).sort();
        expect(
          shown(venue.working().map(({ leavesQty, ...rest }) => ({ ...rest, qty: leavesQty }))),
        ).toEqual(shown(last));
      }),
      { numRuns: 1_000 },
    );
  }, 60_000);

  test('a plan has no more requests than levels that differ', () => {
    fc.assert(
      fc.property(desired, desired, (from, to) => {
        const working = from.map(({ side, price, qty }, index) =>
          order(BigInt(index + 1), side, price, qty),
        );
        const { steps, waiting } = planQuotes(to, working, GRID);
        for (const side of ['buy', 'sell'] as const) {
          const has = from.filter((each) => each.side === side);
          const wants = to.filter((each) => each.side === side);
          const same = wants.filter(({ price, qty }) =>
            has.some((each) => each.price === price && each.qty === qty),
          ).length;
          const ids = new Set(
            working.filter((each) => each.side === side).map(({ orderId }) => orderId),
          );
          const count = steps.filter((step) =>
            step.type === 'submit' ? step.side === side : ids.has(step.orderId),
          ).length;
          expect(count).toBeLessThanOrEqual(Math.max(has.length, wants.length) - same);
        }
        expect(waiting).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('roundToTick and roundToLot', () => {
  test.each([
    [roundToTick(100.26, 0.1), 100.3],
    [roundToTick(100.26, 0.1, 'down'), 100.2],
    [roundToTick(100.21, 0.1, 'up'), 100.3],
    [roundToTick(0.1 + 0.2, 0.1, 'up'), 0.3],
    [roundToTick(0.7 * 3, 0.7, 'down'), 2.1],
    [roundToTick(-0.26, 0.1, 'down'), -0.3],
    [roundToLot(0.0019, 0.001), 0.001],
    [roundToLot(0.0019, 0.001, 'up'), 0.002],
    [roundToLot(0.006 * 3, 0.001), 0.018],
    [roundToLot(0.0009, 0.001), 0],
    [roundToLot(NaN, 0.001), NaN],
  ])('give %f', (value, expected) => {
    expect(value).toBe(expected);
  });

  test('down is at most the value, up at least, and both within a step', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.constantFrom(1e-7, 0.0005, 0.001, 0.1, 0.3, 0.5, 2.5, 25),
        (value, step) => {
          const noise = Math.max(step * 1e-6, value * 1e-12);
          const [down, up] = [roundToTick(value, step, 'down'), roundToTick(value, step, 'up')];
          expect(down).toBeLessThanOrEqual(value + noise);
          expect(up).toBeGreaterThanOrEqual(value - noise);
          expect(up - down).toBeLessThanOrEqual(step * (1 + 1e-6) + noise);
        },
      ),
    );
  });
});
