import { HftError } from '../models/hft-error.js';
import type { NewOrder } from '../models/new-order.js';
import { orderTypeToCode, type OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import { timeInForceToCode, type TimeInForce } from '../models/time-in-force.js';

/** An order with its defaults filled in and its types checked. */
export interface CheckedOrder {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
}

const MAX_ORDER_ID = 2n ** 64n - 1n;

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong field. */
export function checkOrder(order: NewOrder): CheckedOrder {
  const { side, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
  if ((side as unknown) !== 'buy' && (side as unknown) !== 'sell')
    throw invalid('side', side, "must be 'buy' or 'sell'");
  if (timeInForceToCode(timeInForce) < 0)
    throw invalid('timeInForce', timeInForce, 'must be GTC, GTX, FOK or IOC');
  if (orderTypeToCode(orderType) < 0)
    throw invalid('orderType', orderType, "must be 'limit' or 'market'");
  checkQty(qty);
  if (order.price === undefined && orderType === 'limit')
    throw invalid('price', order.price, 'is required for a limit order');
  const price = order.price ?? 0;
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

function invalid(path: string, value: unknown, rule: string): HftError {
  const shown =
    typeof value === 'bigint'
      ? `${String(value)}n`
      : typeof value === 'string'
        ? JSON.stringify(value)
        : String(value);
  return new HftError('ERR_INVALID_ARGUMENT', `${path}: ${shown} ${rule}.`);
}
