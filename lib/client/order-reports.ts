import type { EventView } from '../models/event-view.js';
import type { RejectReason } from '../orders/client-order.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrderManagerOptions } from './order-manager-options.js';
import type { Unknown } from '../orders/order-outcome.js';
import { BOT_CANNOT_TELL, BOT_GONE, BOT_NOT_SENT, NOT_KNOWN } from '../orders/order-codes.js';
import { NextExecution } from '../orders/execution-details.js';
import { orderRecord, progressOf, type OrderRecord } from '../orders/order-record.js';
import { cancelRefused, closeUnseen, isTerminal } from '../orders/order-state.js';
import { WireStatus } from '../models/wire-status.js';
import { keepReject, stepOf } from '../orders/order-step.js';
import { recoveredOrder } from '../orders/tracked-order.js';

/** Applies what connector, venue and bot report about orders. */
export class OrderReports {
  readonly #options: OrderManagerOptions;
  readonly #ledger: OrderLedger;
  readonly #sendCancel: (record: OrderRecord) => void;
  readonly #execution = new NextExecution();

  /** @param sendCancel - Sends a cancel that waited for the acknowledgement. */
  constructor(
    options: OrderManagerOptions,
    ledger: OrderLedger,
    sendCancel: (record: OrderRecord) => void,
  ) {
    this.#options = options;
    this.#ledger = ledger;
    this.#sendCancel = sendCancel;
  }

  /** An `Execution` record came. */
  onExecution(view: EventView): void {
    this.#execution.keep(view);
  }

  /** An `Order` record came. */
  onReport(view: EventView): void {
    const orderId = view.orderId;
    const known = this.#ledger.store.get(orderId);
    const record = known ?? orderRecord(recoveredOrder(view, this.#options.instruments));
    const before = record.order;
    this.#ledger.submits.measure(orderId, this.#options.latency);
    const { next, fill, reject, refusal } = stepOf(
      record,
      view,
      this.#options.instruments[view.asset],
      this.#execution.take(orderId),
    );
    this.#ledger.advance(
      record,
      known === undefined ? undefined : before.state,
      next,
      fill,
      reject,
      refusal,
    );
    this.#settle(record, view.statusCode);
  }

  /** The connector refused something about an order. */
  onReject(orderId: bigint, reject: RejectReason): void {
    const record = this.#ledger.store.get(orderId);
    if (record === undefined) return;
    // Of the order itself, whose final `Order` record follows, or of a cancel that is sent again with the
    // acknowledgement.
    if (keepReject(record, reject, NOT_KNOWN.has(reject.code))) return;
    const rejected = { status: 'rejected' as const, ...reject };
    if (record.wanted !== undefined) {
      record.wanted = undefined;
      const { order } = record;
      const refusal = Object.freeze({ request: 'modify' as const, ...reject });
      this.#ledger.change(record, { ...order }, order.state, undefined, refusal);
      this.#ledger.modifies.settle(orderId, { ...rejected, order: record.order });
      return;
    }
    if (!record.cancelRequested) return;
    record.cancelRequested = false;
    record.cancelDeferred = false;
    const { state } = cancelRefused({ ...progressOf(record), cancelRequested: true });
    const refusal = Object.freeze({ request: 'cancel' as const, ...reject });
    this.#ledger.change(record, { ...record.order, state }, record.order.state, undefined, refusal);
    this.#ledger.cancels.settle(orderId, { ...rejected, order: record.order });
  }

  /** A cancel-all could not be done: every cancellation on the instrument is refused. */
  onCancelAllRefused(asset: number, reject: RejectReason): void {
    for (const { order, cancelRequested } of this.#ledger.store.open(asset))
      if (order.state !== 'pending_new' && cancelRequested) this.onReject(order.orderId, reject);
  }

  /** The bot drew a conclusion of its own about an order. */
  onConcluded(orderId: bigint, code: number, text: string): void {
    const record = this.#ledger.store.get(orderId);
    if (record === undefined || isTerminal(record.order.state)) return;
    const { asset, state, reject } = record.order;
    switch (code) {
      case BOT_CANNOT_TELL:
        // A request that was under way reached no order: it may be sent again.
        record.cancelRequested = false;
        this.#ledger.lose(record, 'connection_lost');
        return;
      case BOT_NOT_SENT: {
        this.#ledger.countEnded(asset);
        const denied = this.#ledger.deny(record, state, 'not_received', 'ERR_SEND_FAILED', text);
        this.#ledger.submits.settle(orderId, denied);
        this.#settle(record, WireStatus.None);
        return;
      }
      case BOT_GONE:
        this.#ledger.advance(record, state, closeUnseen(progressOf(record)), undefined, reject);
        this.#settle(record, WireStatus.None);
        return;
      default:
    }
  }

  /** The link of these instruments is gone: what was under way is unknown now. */
  onLinkLost(assets: ReadonlySet<number>, reason: Unknown['reason']): void {
    const { store, submits, cancels, modifies } = this.#ledger;
    for (const record of store.open()) {
      const { asset, orderId } = record.order;
      if (!assets.has(asset)) continue;
      const lost = this.#ledger.lose(record, reason);
      submits.settle(orderId, lost);
      cancels.settle(orderId, lost);
      modifies.settle(orderId, lost);
      // A cancel that waits for the acknowledgement goes out with it, whenever that comes.
      record.cancelRequested = false;
      record.wanted = undefined;
    }
  }

  #settle(record: OrderRecord, status: number): void {
    this.#ledger.settle(record, status, this.#sendCancel);
  }
}
