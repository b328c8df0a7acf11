import type { EventView } from '../models/event-view.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { withoutNoise } from '../models/ticks.js';
import type { RejectReason } from './client-order.js';
import { progressOf, type OrderRecord } from './order-record.js';
import type { ExecutionDetails } from './execution-details.js';
import { applyReport, isTerminal, type Fill, type OrderProgress } from './order-state.js';
import type { OrderRefusal } from './order-update.js';
import { isOwnEnd } from '../models/own-end.js';

/** What an `Order` record changes of an order. */
export interface OrderStepTaken {
  readonly next: OrderProgress;
  readonly fill: Fill | undefined;
  readonly reject: RejectReason | undefined;
  /** The order itself was refused. */
  readonly refusal: OrderRefusal | undefined;
}

/**
 * Applies an `Order` record, and the reject and the details of the execution that came before it, to what is known
 * of its order.
 */
export function stepOf(
  record: OrderRecord,
  view: EventView,
  instrument: InstrumentSpec | undefined,
  details: ExecutionDetails,
): OrderStepTaken {
  const { tickSize = NaN, lotSize = NaN } = instrument ?? {};
  const { state: before, reject: known } = record.order;
  const { next, fill } = applyReport(progressOf(record), {
    status: view.statusCode,
    // Made of ticks on the way here: 49996.200000000004 is meant as 49996.2.
    price: withoutNoise(view.price, tickSize),
    qty: withoutNoise(view.qty, lotSize),
    leavesQty: withoutNoise(view.leavesQty, lotSize),
    execQty: withoutNoise(view.execQty, lotSize),
    execPx: withoutNoise(view.execPrice, tickSize),
    maker: view.maker,
    exchTsNs: view.exchTsNs,
    lotSize,
    details,
  });
  const reason = record.pendingReject;
  // Acknowledged: what was refused was something else. The reason of an end may overtake the reports that
  // come before the end.
  const isOfEnd = reason !== undefined && isOwnEnd(reason.code) && !isTerminal(next.state);
  if (next.state !== 'pending_new' && !isOfEnd) record.pendingReject = undefined;
  if (reason === undefined || next.state !== 'expired')
    return { next, fill, reject: known, refusal: undefined };
  // An order that was open, or filled in part, has ended; it was not refused.
  const refused = before === 'pending_new' && next.filledQty === 0 && !isOwnEnd(reason.code);
  if (!refused) return { next, fill, reject: reason, refusal: undefined };
  return {
    next: { ...next, state: 'rejected' },
    fill,
    reject: reason,
    refusal: Object.freeze({ request: 'submit', ...reason }),
  };
}

/**
 * Keeps a reject for the record that follows it: of the order itself, or of what ended it. False for one
 * of a request about an open order.
 */
export function keepReject(
  record: OrderRecord,
  reject: RejectReason,
  isNotKnown: boolean,
): boolean {
  const isOfOrder = record.order.state === 'pending_new' && !isNotKnown;
  const isRequested = record.wanted !== undefined || record.cancelRequested;
  if (!isOfOrder && (isRequested || !isOwnEnd(reject.code))) return false;
  record.pendingReject = reject;
  return true;
}
