import { withoutNoise } from '../models/ticks.js';
import type { ClientOrder, RejectReason } from './client-order.js';
import { isTerminal, type OrderProgress } from './order-state.js';

/** One order of the client: what the program sees of it, and what is under way about it. */
export interface OrderRecord {
  /** As the program sees it; another object after every change. */
  order: ClientOrder;
  /** A cancel is under way, or waits for the acknowledgement; a further one joins it. */
  cancelRequested: boolean;
  /** The cancel goes out with the acknowledgement. */
  cancelDeferred: boolean;
  /** The program asked to cancel it, whatever the answer was. */
  toCancel: boolean;
  /** A reject that came before the final report of the order. */
  pendingReject: RejectReason | undefined;
  /** Price and quantity that a modification under way asks for. */
  wanted: { readonly price: number; readonly qty: number } | undefined;
}

/** A record of an order about which nothing is under way. */
export function orderRecord(order: ClientOrder): OrderRecord {
  return {
    order,
    cancelRequested: false,
    cancelDeferred: false,
    toCancel: false,
    pendingReject: undefined,
    wanted: undefined,
  };
}

/** The order as the state machine takes it. */
export function progressOf(record: OrderRecord): OrderProgress {
  const { order } = record;
  return {
    state: order.state,
    price: order.price,
    qty: order.qty,
    filledQty: order.filledQty,
    filledValue: order.filledQty > 0 ? order.avgFillPrice * order.filledQty : 0,
    cancelRequested: record.cancelRequested && !record.cancelDeferred,
    exchTsNs: order.exchTsNs,
  };
}

/** The order after a step of the state machine: a report about it came, so it is confirmed. */
export function orderAfter(
  before: ClientOrder,
  next: OrderProgress,
  reject: RejectReason | undefined,
  lotSize: number,
): ClientOrder {
  return {
    ...before,
    state: next.state,
    price: next.price,
    qty: next.qty,
    filledQty: next.filledQty,
    leavesQty: isTerminal(next.state)
      ? 0
      : Math.max(0, withoutNoise(next.qty - next.filledQty, lotSize)),
    avgFillPrice: next.filledQty > 0 ? next.filledValue / next.filledQty : NaN,
    exchTsNs: next.exchTsNs,
    unconfirmed: false,
    reject,
  };
}
