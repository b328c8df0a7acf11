import {
  checkOrderType,
  checkPrice,
  checkQty,
  checkSide,
  checkTimeInForce,
} from '../models/arguments.js';
import { invalid } from '../models/invalid.js';
import type { NewOrder } from '../models/new-order.js';
import type { OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import type { TimeInForce } from '../models/time-in-force.js';

/** An order with its defaults filled in and its types checked. */
export interface CheckedOrder {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
}

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong field. */
export function checkOrder(order: NewOrder): CheckedOrder {
  const { side, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
  checkSide(side);
  checkTimeInForce(timeInForce);
  checkOrderType(orderType);
  checkQty(qty);
  if (order.price === undefined && orderType === 'limit')
    invalid('price', order.price, 'is required for a limit order');
  const price = order.price ?? 0;
  checkPrice(price, orderType === 'market');
  return { side, price, qty, timeInForce, orderType };
}

/** @throws HftError `ERR_INVALID_ARGUMENT` when it is no time from 0 on. */
export function checkTimeoutMs(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))
    invalid('timeoutMs', timeoutMs, 'must be a number from 0 on');
  // Node turns longer times into 1 ms.
  return Math.min(timeoutMs, 2 ** 31 - 1);
}
