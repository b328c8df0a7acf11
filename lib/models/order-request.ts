import type { OrderType } from './order-type.js';
import type { Side } from './side.js';
import type { TimeInForce } from './time-in-force.js';

/** An order to submit. */
export interface OrderRequest {
  /**
   * Unique among all orders of the bot, from 1 to 2^64 - 1. A `number` is taken when it is a safe
   * integer.
   */
  readonly orderId: bigint | number;
  readonly side: Side;
  /**
   * Limit price, above 0 and on the tick grid: another one is refused, never rounded. A market order
   * needs none: it is not read.
   */
  readonly price?: number;
  /** Quantity, above 0 and on the lot grid: another one is refused, never rounded. */
  readonly qty: number;
  /** How long the order stands. Default `GTC`: until it is filled or canceled. */
  readonly timeInForce?: TimeInForce;
  /** Default `limit`; a `market` order takes whatever price there is. */
  readonly orderType?: OrderType;
}
