import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { orderTypeToCode, type OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import { roundToTick } from '../models/ticks.js';
import { timeInForceToCode, type TimeInForce } from '../models/time-in-force.js';
import type { ClientOrderRequest, DenyRule } from './order-outcome.js';

/** A request with its defaults filled in and its types checked. */
export interface CheckedRequest {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
}

const MAX_ORDER_ID = 2n ** 64n - 1n;

/** How far from the grid, as a share of a step, still counts as on it: floating-point noise. */
const GRID_TOLERANCE = 1e-6;

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong field. */
export function checkRequest(request: ClientOrderRequest): CheckedRequest {
  const { side, qty, timeInForce = 'GTC', orderType = 'limit' } = request;
  if ((side as unknown) !== 'buy' && (side as unknown) !== 'sell')
    throw invalid('side', side, "must be 'buy' or 'sell'");
  if (timeInForceToCode(timeInForce) < 0)
    throw invalid('timeInForce', timeInForce, 'must be GTC, GTX, FOK or IOC');
  if (orderTypeToCode(orderType) < 0)
    throw invalid('orderType', orderType, "must be 'limit' or 'market'");
  checkQty(qty);
  if (request.price === undefined && orderType === 'limit')
    throw invalid('price', request.price, 'is required for a limit order');
  const price = request.price ?? 0;
  checkPrice(price, orderType);
  return { side, price, qty, timeInForce, orderType };
}

/** @throws HftError `ERR_INVALID_ARGUMENT`. */
export function checkQty(qty: number): void {
  if (typeof qty !== 'number' || !Number.isFinite(qty) || qty <= 0)
    throw invalid('qty', qty, 'must be a finite number above 0');
}

/** @throws HftError `ERR_INVALID_ARGUMENT`. */
export function checkPrice(price: number, orderType: OrderType): void {
  const least = orderType === 'market' ? 0 : Number.MIN_VALUE;
  if (typeof price !== 'number' || !Number.isFinite(price) || price < least) {
    throw invalid('price', price, 'must be a finite number above 0');
  }
}

/** @throws HftError `ERR_INVALID_ARGUMENT` when it is no unsigned 64-bit number. */
export function checkOrderId(orderId: bigint | number): bigint {
  if (typeof orderId === 'number' && !Number.isSafeInteger(orderId))
    throw invalid('orderId', orderId, 'must be a safe integer or a bigint');
  if (typeof orderId !== 'number' && typeof orderId !== 'bigint')
    throw invalid('orderId', orderId, 'must be a bigint');
  const id = BigInt(orderId);
  if (id < 1n || id > MAX_ORDER_ID) throw invalid('orderId', orderId, 'must be from 1 to 2^64 - 1');
  return id;
}

/** @throws HftError `ERR_INVALID_ARGUMENT` when it is no time from 0 on. */
export function checkTimeoutMs(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))
    throw invalid('timeoutMs', timeoutMs, 'must be a number from 0 on');
  // Node turns longer times into 1 ms.
  return Math.min(timeoutMs, 2 ** 31 - 1);
}

/** The rule that a price and a quantity break, with what to say; `undefined` when they break none. */
export function gridRule(
  spec: InstrumentSpec,
  price: number,
  qty: number,
  orderType: OrderType,
): { rule: DenyRule; text: string } | undefined {
  if (orderType === 'limit' && !onGrid(price, spec.tickSize)) {
    const nearest = roundToTick(price, spec.tickSize);
    return {
      rule: 'tick_size',
      text: `price ${String(price)} is not a multiple of the tick size ${String(spec.tickSize)}; the nearest is ${String(nearest)}`,
    };
  }
  if (!onGrid(qty, spec.lotSize)) {
    const nearest = roundToTick(qty, spec.lotSize);
    return {
      rule: 'lot_size',
      text: `qty ${String(qty)} is not a multiple of the lot size ${String(spec.lotSize)}; the nearest is ${String(nearest)}`,
    };
  }
  return undefined;
}

function onGrid(value: number, step: number): boolean {
  const steps = value / step;
  return Math.abs(steps - Math.round(steps)) <= GRID_TOLERANCE && Math.round(steps) > 0;
}

function invalid(path: string, value: unknown, rule: string): HftError {
  const shown =
    typeof value === 'bigint'
      ? `${String(value)}n`
      : typeof value === 'string'
        ? JSON.stringify(value)
        : String(value);
  return new HftError('ERR_INVALID_ARGUMENT', `${path}: ${shown} ${rule}.`);
}
