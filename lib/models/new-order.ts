import type { OrderId } from './bot.js';
import { knownKeys } from './known-keys.js';
import { ORDER_HINTS } from './order-hints.js';
import type { OrderType } from './order-type.js';
import type { Side } from './side.js';
import type { TimeInForce } from './time-in-force.js';

/** An order to submit, of a `LiveClient` as of a strategy; what is left out has a default. */
export interface NewOrder {
  /** Symbol or index of the instrument; the first when neither it nor `symbol` is given. */
  readonly instrument?: string | number;
  /** Symbol of the instrument; where `instrument` is given as well, both must be the same one. */
  readonly symbol?: string;
  readonly side: Side;
  /** On the tick grid; an off-tick price is denied, never rounded. Market orders need none. */
  readonly price?: number;
  /** On the lot grid, above 0. */
  readonly qty: number;
  /** How long the order stands. Default `GTC`: until it is filled or canceled. */
  readonly timeInForce?: TimeInForce;
  /** Default `limit`; a `market` order takes whatever price there is. */
  readonly orderType?: OrderType;
  /** Default: the next of `OrderIdSource`, unique across restarts (recommended). */
  readonly orderId?: OrderId;
}

/** The names of {@link NewOrder}. */
export const NEW_ORDER_KEYS = knownKeys<NewOrder>(
  {
    instrument: true,
    symbol: true,
    side: true,
    price: true,
    qty: true,
    timeInForce: true,
    orderType: true,
    orderId: true,
  },
  {
    ...ORDER_HINTS,
    asset: 'The instrument is instrument, by symbol or index.',
    timeoutMs: 'How long to wait is the second argument: submitOrder(order, timeoutMs).',
  },
);
