import type { OrderType } from './order-type.js';
import type { Side } from './side.js';
import type { TimeInForce } from './time-in-force.js';

/** An order to submit. */
export interface OrderRequest {
  /**
   * Unique among all orders of the bot, 64 bits unsigned. A `number` is taken when it is a safe
   * integer.
   */
  readonly orderId: bigint | number;
  readonly side: Side;
  /** Limit price; rounded to the nearest tick. Ignored by market orders, yet must be finite. */
  readonly price: number;
  /** Quantity, above 0. */
  readonly qty: number;
  /** Default `GTC`. */
  readonly timeInForce?: TimeInForce;
  /** Default `limit`. */
  readonly orderType?: OrderType;
}
