import type { OrderWait } from './bot.js';
import { gridFault } from './grid-fault.js';
import { HftError } from './hft-error.js';
import { invalid, shown } from './invalid.js';
import { checkKeys, knownKeys } from './known-keys.js';
import type { InstrumentSpec } from './live-instrument.js';
import { ORDER_HINTS } from './order-hints.js';
import type { OrderRequest } from './order-request.js';
import { orderTypeToCode } from './order-type.js';
import type { Side } from './side.js';
import { timeInForceToCode } from './time-in-force.js';

const WAIT_KEYS = knownKeys<OrderWait>({ timeoutMs: true });
const ORDER_KEYS = knownKeys<OrderRequest>(
  { orderId: true, side: true, price: true, qty: true, timeInForce: true, orderType: true },
  { ...ORDER_HINTS, ...instrumentHints() },
);

/** Orders of a low-level bot name their instrument by the argument before them. */
function instrumentHints(): Readonly<Record<string, string>> {
  const hint = 'The instrument of an order is the argument before it: its index in the bot.';
  return { symbol: hint, instrument: hint, asset: hint };
}

const U64_END = 1n << 64n;
/** Longest wait in one call, ns: 2^53 - 1 is 104 days. */
const NS_MAX = Number.MAX_SAFE_INTEGER;

/** @throws HftError `ERR_INSTRUMENT_NOT_FOUND` unless `asset` is an index below `count`. */
export function checkAsset(asset: number, count: number): void {
  if (typeof asset === 'number' && asset >= 0 && asset < count && Number.isInteger(asset)) return;
  throw new HftError(
    'ERR_INSTRUMENT_NOT_FOUND',
    `asset: ${shown(asset)} is not one of the bot's ${String(count)} instruments.`,
    { remedy: `Use an index from 0 to ${String(count - 1)}, in the order given to the bot.` },
  );
}

/** The id as the addon takes it. 0 is none: venues use it for "no order". */
export function checkOrderId(orderId: bigint | number): bigint {
  if (typeof orderId === 'bigint') {
    if (orderId < 1n || orderId >= U64_END) {
      invalid('orderId', orderId, 'must be from 1 to 2^64 - 1');
    }
    return orderId;
  }
  if (!Number.isSafeInteger(orderId) || orderId < 1) {
    invalid('orderId', orderId, 'must be a bigint, or a safe whole number, from 1 on');
  }
  return BigInt(orderId);
}

/** Finite and above 0; the price of a market order, which is not read, may be 0. */
export function checkPrice(price: number, market = false): number {
  const good =
    typeof price === 'number' && Number.isFinite(price) && (market ? price >= 0 : price > 0);
  if (!good) invalid('price', price, 'must be a finite number above 0');
  return price + 0;
}

/** Finite and above 0. */
export function checkQty(qty: number): number {
  if (typeof qty !== 'number' || !Number.isFinite(qty) || qty <= 0) {
    invalid('qty', qty, 'must be a finite number above 0');
  }
  return qty;
}

export function checkTimeInForce(timeInForce: string): number {
  const code = timeInForceToCode(timeInForce);
  if (code < 0) invalid('timeInForce', timeInForce, 'must be GTC, GTX, IOC or FOK');
  return code;
}

export function checkOrderType(orderType: string): number {
  const code = orderTypeToCode(orderType);
  if (code < 0) invalid('orderType', orderType, 'must be limit or market');
  return code;
}

/** A duration in whole ns. */
export function checkDurationNs(ns: number, path: string): number {
  if (typeof ns !== 'number' || !Number.isInteger(ns) || ns < 0 || ns > NS_MAX) {
    invalid(path, ns, 'must be a whole number of ns from 0 to 2^53 - 1');
  }
  return ns + 0;
}

/** The wait of an order call in ns, 0 when none was asked for. */
export function checkWait(wait: OrderWait | undefined): number {
  if (wait === undefined) return 0;
  const given: unknown = wait;
  if (typeof given !== 'object' || given === null) {
    invalid('wait', wait, 'must be { timeoutMs } or left out');
  }
  checkKeys(wait, WAIT_KEYS, 'wait');
  const { timeoutMs } = wait;
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0) || timeoutMs > 60_000) {
    invalid('wait.timeoutMs', timeoutMs, 'must be above 0 and at most 60000');
  }
  return Math.ceil(timeoutMs * 1e6);
}

/** Whole, from `least` to `most`. */
export function checkWhole(value: number, path: string, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    invalid(path, value, `must be a whole number from ${String(least)} to ${String(most)}`);
  return value;
}

/** Whole, from 1 to `max`. */
export function checkCount(count: number, path: string, max: number): number {
  return checkWhole(count, path, 1, max);
}

export function checkBoolean(value: boolean, path: string): boolean {
  if (typeof value !== 'boolean') invalid(path, value, 'must be true or false');
  return value;
}

export function checkSide(side: Side): Side {
  if (!(['buy', 'sell'] as unknown[]).includes(side))
    invalid('side', side, "must be 'buy' or 'sell'");
  return side;
}

export function checkTick(tick: number, path: string): number {
  if (!Number.isSafeInteger(tick)) invalid(path, tick, 'must be a safe whole number of ticks');
  return tick;
}

/**
 * Refuses a price or quantity off the grid of its instrument: nothing is rounded for the caller.
 *
 * @throws HftError `ERR_OFF_GRID` naming the nearest value on the grid.
 */
export function checkGrid(
  instrument: Pick<InstrumentSpec, 'tickSize' | 'lotSize'>,
  price: number,
  qty: number,
  isMarket: boolean,
): void {
  const fault = gridFault(instrument, price, qty, isMarket);
  if (fault === undefined) return;
  throw new HftError('ERR_OFF_GRID', `${fault.text}.`, {
    remedy: 'Nothing was sent. roundToTick(value, step) gives the nearest on the grid.',
  });
}

/** An order request with everything checked and in the addon's numbers. */
export interface CheckedOrder {
  readonly orderId: bigint;
  /** 1 buy, -1 sell. */
  readonly side: 1 | -1;
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: number;
  readonly orderType: number;
}

/** Reads each field once, so a getter cannot change its mind, and checks it. */
export function checkOrderRequest(order: OrderRequest): CheckedOrder {
  const given: unknown = order;
  if (typeof given !== 'object' || given === null) invalid('order', given, 'must be an object');
  checkKeys(order, ORDER_KEYS, 'order');
  const { orderId, side, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
  checkSide(side);
  if (order.price === undefined && orderType !== 'market')
    invalid('price', undefined, 'is required for a limit order');
  const price = order.price ?? 0;
  return {
    orderId: checkOrderId(orderId),
    side: side === 'buy' ? 1 : -1,
    price: checkPrice(price, orderType === 'market'),
    qty: checkQty(qty),
    timeInForce: checkTimeInForce(timeInForce),
    orderType: checkOrderType(orderType),
  };
}
