import { HftError } from './hft-error.js';
import type { Side } from './side.js';

/** An order that may be open at the venue when a run, a client or a connector ends. */
export interface OrderLeft {
  readonly symbol: string;
  /** As text, so that it can be written as JSON. */
  readonly orderId: string;
  readonly side: Side;
  /** Limit price; NaN when it is not known. */
  readonly price: number;
  /** What was not filled, as far as it is known. */
  readonly leavesQty: number;
  /** False: it was sent and not answered, so that it may not be there. */
  readonly known: boolean;
}

/** Most orders that one message names. */
const NAMED_MAX = 10;

/** The orders in words, one after the other. */
export function describeOrdersLeft(orders: readonly OrderLeft[]): string {
  const named = orders.slice(0, NAMED_MAX).map(({ symbol, orderId, side, price, ...rest }) => {
    const state = rest.known ? '' : ' (not answered)';
    return `${symbol} ${side} ${String(rest.leavesQty)} at ${String(price)}, order ${orderId}${state}`;
  });
  const more = orders.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${String(more)} more` : '');
}

/** `ERR_ORDERS_LEFT_OPEN` with what ends and the orders. */
export function ordersLeftOpen(what: string, orders: readonly OrderLeft[]): HftError {
  const count = `${String(orders.length)} order${orders.length === 1 ? '' : 's'}`;
  return new HftError(
    'ERR_ORDERS_LEFT_OPEN',
    `${what} ends and ${count} may be open at the venue: ${describeOrdersLeft(orders)}.`,
    { remedy: 'Look at the account, and cancel there what must not stay.', ordersLeft: orders },
  );
}
