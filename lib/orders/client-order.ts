import type { OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import type { TimeInForce } from '../models/time-in-force.js';
import type { OrderState } from './order-state.js';

/** Why a connector or venue refused. */
export interface RejectReason {
  /** Number of the venue or connector, 0 when it reported none. */
  readonly code: number;
  /** In words, '' when it reported none. */
  readonly text: string;
}

/** An order as the client knows it. Immutable: every change makes a new one. */
export interface ClientOrder {
  readonly orderId: bigint;
  /** Index of the instrument in the client. */
  readonly asset: number;
  readonly symbol: string;
  readonly side: Side;
  /** Limit price; 0 for a market order that was given none. */
  readonly price: number;
  /** Quantity of the whole order, what is filled included. */
  readonly qty: number;
  /** Sum of the fills, those before this client first heard of the order included. */
  readonly filledQty: number;
  /** What still rests; 0 when the order ended. */
  readonly leavesQty: number;
  /**
   * Average price of the fills, NaN before the first, and NaN for an order that was partly filled
   * before this client first heard of it: the prices of those fills are not known.
   */
  readonly avgFillPrice: number;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
  readonly state: OrderState;
  /**
   * True while the true state is not known: no answer came, the link was lost, or the connector was
   * started again without the keys that would let it see the order (notice 3110).
   */
  readonly unconfirmed: boolean;
  /** False for an order that this client did not send (left by a run before). */
  readonly own: boolean;
  /** Why it was refused; of an expired one why it ended, where that was reported. */
  readonly reject: RejectReason | undefined;
  /** When it was submitted or first seen, Unix ms. */
  readonly createdTsMs: number;
  /** Exchange time of the newest report about it, Unix ns; 0n before the first. */
  readonly exchTsNs: bigint;
}
