import type { OrderStatus } from './order-status.js';
import type { OrderType } from './order-type.js';
import type { Side } from './side.js';
import type { TimeInForce } from './time-in-force.js';

/** The state of an own order, as the connector last reported it. Immutable. */
export interface OrderResponse {
  readonly type: 'executionReport';
  readonly orderId: bigint;
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  readonly side: Side;
  /** Limit price; not read of a market order, and mostly 0 there. */
  readonly price: number;
  /** Limit price in ticks. */
  readonly priceTick: number;
  /** Quantity of the whole order, what is filled included. */
  readonly qty: number;
  /** Quantity that may still be filled. */
  readonly leavesQty: number;
  /** Quantity of the last execution, 0 when there was none. */
  readonly execQty: number;
  /** Price of the last execution, 0 when there was none. */
  readonly execPrice: number;
  readonly status: OrderStatus;
  /** Request under way (`new`, `canceled`, `replaced`), `none` when the connector has answered. */
  readonly pending: OrderStatus;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
  /** True when the last execution was made as maker. */
  readonly maker: boolean;
  /** True when the order rests and nothing is under way, as hftbacktest's `cancellable()`. */
  readonly cancellable: boolean;
  /** Exchange time of this state, Unix ns; 0n before the first response. */
  readonly exchTsNs: bigint;
  /** When the request was made, Unix ns. */
  readonly localTsNs: bigint;
}
