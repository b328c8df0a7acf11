import type { EventView } from '../models/event-view.js';
import { withoutNoise } from '../models/ticks.js';
import type { RejectReason } from './client-order.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrderManagerOptions } from './order-manager-options.js';
import type { Unknown } from './order-outcome.js';
import { orderRecord, progressOf, type OrderRecord } from './order-record.js';
import { applyReport, cancelRefused, closeUnseen, isTerminal } from './order-state.js';
import { WireStatus } from '../models/wire-status.js';
import { isOwnEnd } from './own-end.js';
import { recoveredOrder } from './tracked-order.js';

/** Code of the bot's own conclusion that an order is proven to have ended, and how is not known. */
const BOT_GONE = -1;
/** Code of the bot's own conclusion that the order's state cannot be known (yet): it may be open. */
const BOT_CANNOT_TELL = -2;
/** Code of the bot's own conclusion that the order was never sent to the venue. */
const BOT_NOT_SENT = -3;

/** Codes of a connector that does not know an order, or the account's orders: about a request. */
const NOT_KNOWN: ReadonlySet<number> = new Set([3006, 3110]);

/** Applies what connector, venue and bot report about orders. */
export class OrderReports {
  readonly #options: OrderManagerOptions;
  readonly #ledger: OrderLedger;
  readonly #sendCancel: (record: OrderRecord) => void;

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

  /** An `Order` record came. */
  onReport(view: EventView): void {
    const orderId = view.orderId;
    const known = this.#ledger.store.get(orderId);
    const record = known ?? orderRecord(recoveredOrder(view, this.#options.instruments));
    const before = record.order;
    const { tickSize = NaN, lotSize = NaN } = this.#options.instruments[view.asset] ?? {};
    this.#ledger.submits.measure(orderId, this.#options.latency);
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
    });
    const reject = record.pendingReject;
    const expired = reject !== undefined && next.state === 'expired' && next.filledQty === 0;
    const refused = expired && !isOwnEnd(reject.code);
    // Acknowledged: what was refused was something else.
    if (next.state !== 'pending_new') record.pendingReject = undefined;
    this.#ledger.advance(
      record,
      known === undefined ? undefined : before.state,
      refused ? { ...next, state: 'rejected' } : next,
      fill,
      expired ? reject : before.reject,
    );
    this.#settle(record, view.statusCode);
  }

  /** The connector refused something about an order. */
  onReject(orderId: bigint, reject: RejectReason): void {
    const record = this.#ledger.store.get(orderId);
    if (record === undefined) return;
    if (record.order.state === 'pending_new' && !NOT_KNOWN.has(reject.code)) {
      // Of the order itself, whose final `Order` record follows, or of a cancel that is sent again
      // with the acknowledgement.
      record.pendingReject = reject;
      return;
    }
    const rejected = { status: 'rejected' as const, ...reject };
    if (record.wanted !== undefined) {
      record.wanted = undefined;
      this.#ledger.modifies.settle(orderId, { ...rejected, order: record.order });
      return;
    }
    if (!record.cancelRequested) return;
    record.cancelRequested = false;
    record.cancelDeferred = false;
    const next = cancelRefused({ ...progressOf(record), cancelRequested: true });
    this.#ledger.enter(record, next.state);
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
