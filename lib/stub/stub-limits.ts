import type { InstrumentSpec } from '../models/live-instrument.js';
import { MARKET_CODE } from '../models/order-type.js';
import { isOpen, type StubOrder } from './stub-order.js';

/** Sums of doubles that are equal in decimals may differ by this share. */
const REL_EPS = 1e-12;

/** What the stub asks of an order, as the simulated exchange does. */
export interface StubLimits {
  /** Largest exposure as a multiple of the equity. Default 10. */
  readonly leverage: number;
  /** Smallest quantity. Default 0: one lot. */
  readonly minQty: number;
  /** Largest quantity. Default Infinity. */
  readonly maxQty: number;
  /** Smallest price × quantity, for symbols that end with USDT, USDC or USD. Default 5. */
  readonly minNotional: number;
  /** Largest price × quantity, for such symbols. Default 5 000 000. */
  readonly maxNotional: number;
  /** How far above the mid price a buy may be, and below it a sell, relative. Default 0.1. */
  readonly priceBand: number;
  /** Most open orders of an instrument. Default 500. */
  readonly maxOrders: number;
}

export const STUB_LIMITS: StubLimits = {
  leverage: 10,
  minQty: 0,
  maxQty: Infinity,
  minNotional: 5,
  maxNotional: 5_000_000,
  priceBand: 0.1,
  maxOrders: 500,
};

/** Why an order was refused: the numbers and words of the simulated exchange. */
export interface StubRefusal {
  readonly code: number;
  readonly text: string;
}

/** What of an account counts in one instrument. */
export interface Holding {
  readonly asset: number;
  readonly instrument: InstrumentSpec;
  readonly position: number;
  /** NaN before the first book. */
  readonly mid: number;
  readonly orders: Iterable<StubOrder>;
}

function refused(code: number, text: string): StubRefusal {
  return { code, text };
}

function above(value: number, limit: number): boolean {
  return value > limit + Math.abs(limit) * REL_EPS;
}

/** The price at which an order counts: its limit, for a sell below the market the market's. */
function countedPrice(order: StubOrder, mid: number): number {
  if (order.orderType === MARKET_CODE) return mid;
  return order.side === -1 && mid > order.price ? mid : order.price;
}

/** The largest value the position can come to when the open orders of one side are filled. */
function exposure(holding: Holding, without: bigint, extra: StubOrder | undefined): number {
  const { position, mid } = holding;
  let buys = 0;
  let sells = 0;
  const add = (order: StubOrder): void => {
    const value = countedPrice(order, mid) * order.leavesQty;
    if (order.side === 1) buys += value;
    else sells += value;
  };
  for (const order of holding.orders) if (isOpen(order) && order.orderId !== without) add(order);
  if (extra !== undefined) add(extra);
  const held = position === 0 ? 0 : position * mid;
  return Math.max(held + buys, sells - held, 0);
}

/** What positions and open orders need of the equity. */
export function stubMargin(holdings: readonly Holding[], { leverage }: StubLimits): number {
  let needed = 0;
  for (const each of holdings) needed += exposure(each, 0n, undefined);
  return needed > 0 ? needed / leverage : 0;
}

/**
 * Why an account does not get an order, or an order its new terms; `undefined` when nothing is
 * against it.
 *
 * @param order - With the terms that are asked for. Another state of it among the open orders of
 * the account does not count.
 * @param holdings - All of the account.
 * @param equity - The account's money with its positions at the mid price.
 */
export function stubRefusal(
  order: StubOrder,
  holdings: readonly Holding[],
  equity: number,
  limits: StubLimits,
): StubRefusal | undefined {
  const own = holdings.find(({ asset }) => asset === order.asset);
  if (own === undefined) return undefined;
  const { mid, instrument } = own;
  const { orderId, price, qty } = order;
  if (above(qty, limits.maxQty))
    return refused(1015, 'quantity is above the maximum of the instrument');
  if (above(limits.minQty, qty))
    return refused(1014, 'quantity is below the minimum of the instrument');
  if (order.orderType !== MARKET_CODE) {
    if (order.side === 1 && above(price, mid * (1 + limits.priceBand)))
      return refused(1018, 'price is above what the instrument allows now');
    if (order.side === -1 && above(mid * (1 - limits.priceBand), price))
      return refused(1019, 'price is below what the instrument allows now');
  }
  const value = countedPrice(order, mid) * qty;
  if (/USD[TC]?$/.test(instrument.symbol)) {
    if (above(limits.minNotional, value))
      return refused(1016, 'value of the order is below the minimum of the instrument');
    if (above(value, limits.maxNotional))
      return refused(1017, 'value of the order is above the maximum of the instrument');
  }
  // What lowers the exposure is always carried.
  const after = exposure(own, orderId, order);
  if (above(after, exposure(own, orderId, undefined))) {
    let needed = after;
    for (const each of holdings) if (each !== own) needed += exposure(each, 0n, undefined);
    if (above(needed, equity * limits.leverage)) return refused(1011, 'insufficient balance');
  }
  let open = 0;
  for (const other of own.orders) if (isOpen(other) && other.orderId !== orderId) open += 1;
  if (open >= limits.maxOrders) return refused(1020, 'too many open orders in the instrument');
  return undefined;
}
