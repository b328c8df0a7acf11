import type { OrderType } from '../models/order-type.js';
import type { TimeInForce } from '../models/time-in-force.js';

/** True for an order that stays in the book: a limit order that is `GTC` or post-only. */
export function canRest(order: {
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
}): boolean {
  const { orderType, timeInForce } = order;
  return orderType === 'limit' && (timeInForce === 'GTC' || timeInForce === 'GTX');
}
