import type { InstrumentSpec } from '../models/live-instrument.js';
import { withoutNoise } from '../models/ticks.js';
import { checkKeys } from '../models/known-keys.js';
import {
  checkQuoteOptions,
  checkQuotes,
  PLAN_QUOTE_KEYS,
  type DesiredQuote,
  type QuoteOptions,
} from './desired-quote.js';
import type { Side } from '../models/side.js';

/** An order that may be open, as {@link planQuotes} sees it. */
export interface WorkingOrder {
  readonly orderId: bigint;
  readonly side: Side;
  readonly price: number;
  /** What may still be filled. */
  readonly leavesQty: number;
  /** What was filled already. */
  readonly filledQty: number;
  /**
   * The request under way: `submit` is not acknowledged yet, `none` when everything is answered. `unknown`:
   * the order may be open, and what was asked for about it may have been done or not.
   */
  readonly pending: 'none' | 'submit' | 'cancel' | 'modify' | 'unknown';
}

/** One step from the working orders to the desired quotes. */
export type QuoteStep =
  | { readonly type: 'submit'; readonly side: Side; readonly price: number; readonly qty: number }
  | {
      readonly type: 'modify';
      readonly orderId: bigint;
      readonly price: number;
      /** The whole quantity, what is filled included. */
      readonly qty: number;
    }
  | { readonly type: 'cancel'; readonly orderId: bigint };

/** What is to be sent now. */
export interface QuotePlan {
  /** Cancels first, then changes, then new orders. */
  readonly steps: readonly QuoteStep[];
  /** Desired quotes that wait for the answers to requests under way, or for cancels of this plan. */
  readonly waiting: number;
  /** True when the working orders are the desired quotes, and nothing is under way. */
  readonly settled: boolean;
}

/**
 * Compares the quotes that are desired on one instrument with the orders that may be open there, and says
 * what to send now: the fewest cancels, changes and new orders. Ask again when something was answered.
 *
 * It never has two orders for one desired quote, also while requests are under way: an order that was sent
 * and not answered counts as there, one whose cancel is under way as still there. While a change is under
 * way, or the state of an order is not known, nothing is added on its side. So the quantity that may be filled on a side never exceeds the larger of what is
 * desired there and what was open before.
 *
 * @param desired - At most one quote per side and price; `[]` for none.
 * @param working - Every order of the program on the instrument that may be open.
 * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_OFF_GRID`.
 */
export function planQuotes(
  desired: readonly DesiredQuote[],
  working: Iterable<WorkingOrder>,
  instrument: Pick<InstrumentSpec, 'tickSize' | 'lotSize'>,
  options: QuoteOptions = {},
): QuotePlan {
  checkKeys(options, PLAN_QUOTE_KEYS, 'options');
  checkQuoteOptions(options);
  const wanted = checkQuotes(desired, instrument);
  const orders = [...working];
  const plans = (['buy', 'sell'] as const).map((side) =>
    planSide(
      wanted.filter((quote) => quote.side === side),
      orders.filter((order) => order.side === side),
      instrument,
      options,
    ),
  );
  const steps = plans.flatMap((plan) => plan.steps);
  const rank = { cancel: 0, modify: 1, submit: 2 } as const;
  steps.sort((a, b) => rank[a.type] - rank[b.type]);
  const waiting = plans.reduce((sum, plan) => sum + plan.waiting, 0);
  const isQuiet = orders.every(({ pending }) => pending === 'none');
  return Object.freeze({ steps, waiting, settled: steps.length === 0 && waiting === 0 && isQuiet });
}

/** Fewest requests first: what is right stays, what is near is changed, the rest ends or begins. */
function planSide(
  wanted: readonly DesiredQuote[],
  orders: readonly WorkingOrder[],
  { tickSize, lotSize }: Pick<InstrumentSpec, 'tickSize' | 'lotSize'>,
  { modify = true, qtyTolerance = 0 }: QuoteOptions,
): { readonly steps: QuoteStep[]; readonly waiting: number } {
  const steps: QuoteStep[] = [];
  const at = (order: WorkingOrder, quote: DesiredQuote): boolean =>
    Math.abs(order.price - quote.price) < tickSize / 2;
  const differs = (order: WorkingOrder, quote: DesiredQuote): boolean =>
    Math.abs(order.leavesQty - quote.qty) > qtyTolerance + lotSize / 2;
  const open = new Set(wanted);
  const rest = new Set(orders);
  const resized: [WorkingOrder, DesiredQuote][] = [];
  let waiting = 0;
  /** What may become open more than is open now; an order that is there in full counts as desired. */
  let room = 0;
  for (const { qty } of wanted) room += qty;
  for (const { leavesQty } of orders) room -= leavesQty;

  for (const quote of wanted) {
    const there = orders.filter((order) => rest.has(order) && at(order, quote));
    // One that a cancel or change may take from here is no match; it keeps others away from its price.
    const match =
      there.find((order) => order.pending === 'none' && !differs(order, quote)) ??
      there.find(({ pending }) => pending === 'submit') ??
      there.find(({ pending }) => pending === 'none');
    if (match === undefined) continue;
    open.delete(quote);
    rest.delete(match);
    if (match.pending !== 'none') waiting += 1;
    else if (differs(match, quote)) resized.push([match, quote]);
    else room -= quote.qty - match.leavesQty;
  }

  const free = [...rest].filter(({ pending }) => pending === 'none');
  const busy = [...rest].filter(({ pending }) => pending !== 'none');
  // Where a change under way leads to is not known, nor whether one was under way when the state of an order
  // was lost: it might be the price or the quantity of another step.
  const isMoving = busy.some(({ pending }) => pending === 'modify' || pending === 'unknown');
  const roomNow = (): number => (isMoving ? 0 : Math.max(0, room));
  /** Changes an order, to no more than there is room for; false when that would be no change. */
  const change = (order: WorkingOrder, quote: DesiredQuote): boolean => {
    const { orderId, leavesQty, filledQty } = order;
    const to = withoutNoise(Math.min(quote.qty, leavesQty + roomNow()), lotSize);
    if (to < quote.qty - lotSize / 2) waiting += 1;
    if (at(order, quote) && Math.abs(to - leavesQty) < lotSize / 2) return false;
    room -= Math.max(0, to - leavesQty);
    const qty = withoutNoise(filledQty + to, lotSize);
    steps.push({ type: 'modify', orderId, price: quote.price, qty });
    return true;
  };
  for (const [order, quote] of resized) {
    if (modify) change(order, quote);
    else {
      steps.push({ type: 'cancel', orderId: order.orderId });
      waiting += 1;
    }
  }

  const isTaken = (quote: DesiredQuote): boolean => busy.some((order) => at(order, quote));
  if (modify && !isMoving) {
    const targets = [...open].filter((quote) => !isTaken(quote));
    for (const [order, quote] of nearest(free, targets)) {
      change(order, quote);
      free.splice(free.indexOf(order), 1);
      open.delete(quote);
    }
  }
  for (const { orderId } of free) steps.push({ type: 'cancel', orderId });

  // What may be there still takes the place of as many quotes, besides its quantity.
  const leaving = [...busy, ...free];
  let places = open.size - leaving.length;
  for (const quote of open) {
    const isNear = leaving.some((order) => at(order, quote));
    if (isNear || places <= 0 || quote.qty > roomNow() + lotSize / 2) {
      waiting += 1;
      continue;
    }
    places -= 1;
    room -= quote.qty;
    steps.push({ type: 'submit', side: quote.side, price: quote.price, qty: quote.qty });
  }
  return { steps, waiting };
}

/** Pairs of an order and a quote, as many as there can be, both by price: no two orders cross. */
function nearest(
  orders: readonly WorkingOrder[],
  quotes: readonly DesiredQuote[],
): [WorkingOrder, DesiredQuote][] {
  const byPrice = (a: { readonly price: number }, b: { readonly price: number }): number =>
    a.price - b.price;
  const [from, to] = [[...orders].sort(byPrice), [...quotes].sort(byPrice)];
  return from
    .slice(0, to.length)
    .map((order, index): [WorkingOrder, DesiredQuote] => [order, to[index] as DesiredQuote]);
}
