import type { ClientOrder, RejectReason } from './client-order.js';
import type { Fill, OrderState } from './order-state.js';

/** A request about an order that connector or venue refused. Immutable. */
export interface OrderRefusal extends RejectReason {
  /** What was asked for: the order itself, its cancellation, or a change of it. */
  readonly request: 'submit' | 'cancel' | 'modify';
}

/**
 * An order went from one state to the next, was filled in part, or a request about it was refused.
 * Immutable.
 */
export interface OrderUpdate {
  readonly type: 'orderUpdate';
  readonly order: ClientOrder;
  /** `undefined` for an order that was not known here before. */
  readonly previous: OrderState | undefined;
  readonly current: OrderState;
  /** The execution that this change brought, when it brought one. */
  readonly fill?: Fill;
  /**
   * What connector or venue refused, when this update tells of a refusal. An order that ended by its own
   * terms (post-only that would have taken, IOC or FOK remainder) was not refused: it is `expired`, and
   * `order.reject` says why.
   */
  readonly refusal?: OrderRefusal;
}
