import type { EventView } from '../models/event-view.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { withoutNoise } from '../models/ticks.js';
import { WireStatus } from '../models/wire-status.js';
import type { RejectReason } from '../orders/client-order.js';
import type { CheckedOrder } from '../orders/order-checks.js';
import { BOT_CANNOT_TELL, BOT_GONE, BOT_NOT_SENT, NOT_KNOWN } from '../orders/order-codes.js';
import { isAt } from '../orders/is-at.js';
import { NextExecution } from '../orders/execution-details.js';
import { orderAfter, orderRecord, progressOf, type OrderRecord } from '../orders/order-record.js';
import {
  cancelRefused,
  closeUnseen,
  isTerminal,
  requestCancel,
  type OrderProgress,
} from '../orders/order-state.js';
import { keepReject, stepOf } from '../orders/order-step.js';
import type { OrderRefusal, OrderUpdate } from '../orders/order-update.js';
import { pendingOrder, recoveredOrder } from '../orders/tracked-order.js';

/** Orders that ended are kept for late reports, so many at most. */
const ENDED_KEPT = 1_000;

/**
 * The orders of a strategy as `LiveClient` has them: states instead of records, fills counted once, and
 * refusals tied to their orders. Made only for strategies that want it: each report takes an object.
 */
export class OrderTracker {
  readonly #instruments: readonly InstrumentSpec[];
  readonly #nowMs: () => number;
  readonly #onUpdate: (update: OrderUpdate) => void;
  readonly #records = new Map<bigint, OrderRecord>();
  readonly #ended: bigint[] = [];
  readonly #execution = new NextExecution();

  /** @param nowMs - The bot's local time, Unix ms. */
  constructor(
    instruments: readonly InstrumentSpec[],
    nowMs: () => number,
    onUpdate: (update: OrderUpdate) => void,
  ) {
    this.#instruments = instruments;
    this.#nowMs = nowMs;
    this.#onUpdate = onUpdate;
  }

  /** A new order was sent. */
  sent(asset: number, orderId: bigint, order: CheckedOrder): void {
    const { symbol = '', tickSize = NaN, lotSize = NaN } = this.#instruments[asset] ?? {};
    const price = withoutNoise(order.price, tickSize);
    const qty = withoutNoise(order.qty, lotSize);
    const pending = pendingOrder(orderId, asset, symbol, { ...order, price, qty }, this.#nowMs());
    this.#records.set(orderId, orderRecord(pending));
  }

  /** A cancellation was sent. */
  cancelSent(orderId: bigint): void {
    const record = this.#records.get(orderId);
    if (record === undefined) return;
    record.cancelRequested = true;
    const { state } = requestCancel(progressOf(record));
    record.order = Object.freeze({ ...record.order, state });
  }

  /** A cancellation of all orders on an instrument was sent. */
  cancelAllSent(asset: number): void {
    for (const record of this.#open(asset)) this.cancelSent(record.order.orderId);
  }

  /** A change of an order was sent. */
  changeSent(orderId: bigint, price: number, qty: number): void {
    const record = this.#records.get(orderId);
    if (record !== undefined) record.wanted = { price, qty };
  }

  /** An `Execution` record came. */
  onExecution(view: EventView): void {
    this.#execution.keep(view);
  }

  /** An `Order` record came. */
  onReport(view: EventView): void {
    // What the bot itself concluded was reported by the `Reject` record before.
    if (view.isSynthetic) return;
    const { orderId, statusCode } = view;
    const known = this.#records.get(orderId);
    const record = known ?? orderRecord(recoveredOrder(view, this.#instruments, this.#nowMs()));
    const { next, fill, reject, refusal } = stepOf(
      record,
      view,
      this.#instruments[view.asset],
      this.#execution.take(orderId),
    );
    this.#advance(record, known === undefined, next, { fill, reject, refusal });
    const { wanted } = record;
    if (wanted !== undefined && (statusCode === WireStatus.Replaced || isAt(record.order, wanted)))
      record.wanted = undefined;
  }

  /** A `Reject` record came. */
  onReject(view: EventView): void {
    const { orderId, valueNumber: code } = view;
    const text = view.text();
    if (view.isSynthetic) {
      this.#onConcluded(orderId, code, text);
      return;
    }
    if (orderId !== 0n) {
      const record = this.#records.get(orderId);
      if (record !== undefined) this.#refuse(record, { code, text });
      return;
    }
    // No order has the id 0: it stands for all that a cancel-all meant.
    for (const record of this.#open(view.asset))
      if (record.cancelRequested) this.#refuse(record, { code, text });
  }

  /** The connector of these instruments is gone: what was under way about their orders is not known. */
  onLinkLost(assets: readonly number[]): void {
    for (const asset of assets)
      for (const record of this.#open(asset)) {
        record.cancelRequested = false;
        record.wanted = undefined;
        record.order = Object.freeze({ ...record.order, unconfirmed: true });
      }
  }

  #refuse(record: OrderRecord, reject: RejectReason): void {
    if (isTerminal(record.order.state)) return;
    if (keepReject(record, reject, NOT_KNOWN.has(reject.code))) return;
    const { order } = record;
    if (record.wanted !== undefined) {
      record.wanted = undefined;
      this.#emit(record, order.state, undefined, { request: 'modify', ...reject });
    } else if (record.cancelRequested) {
      const { state } = cancelRefused(progressOf(record));
      record.cancelRequested = false;
      record.order = Object.freeze({ ...order, state });
      this.#emit(record, order.state, undefined, { request: 'cancel', ...reject });
    }
  }

  /** The bot drew a conclusion of its own about an order. */
  #onConcluded(orderId: bigint, code: number, text: string): void {
    const record = this.#records.get(orderId);
    if (record === undefined || isTerminal(record.order.state)) return;
    const { order } = record;
    const { state, reject } = order;
    switch (code) {
      case BOT_CANNOT_TELL:
        record.cancelRequested = false;
        record.order = Object.freeze({ ...order, unconfirmed: true });
        this.#emit(record, state);
        return;
      case BOT_NOT_SENT:
        this.#advance(
          record,
          false,
          { ...progressOf(record), state: 'denied' },
          { fill: undefined, reject: { code, text }, refusal: undefined },
        );
        return;
      case BOT_GONE:
        this.#advance(record, false, closeUnseen(progressOf(record)), {
          fill: undefined,
          reject,
          refusal: undefined,
        });
        return;
      default:
    }
  }

  #advance(
    record: OrderRecord,
    isNew: boolean,
    next: OrderProgress,
    { fill, reject, refusal }: Pick<ReturnType<typeof stepOf>, 'fill' | 'reject' | 'refusal'>,
  ): void {
    const { asset, orderId, state: before } = record.order;
    const lotSize = this.#instruments[asset]?.lotSize ?? NaN;
    record.order = Object.freeze(orderAfter(record.order, next, reject, lotSize));
    this.#records.set(orderId, record);
    if (isTerminal(next.state) && (isNew || !isTerminal(before))) this.#keepEnded(record);
    const previous = isNew ? undefined : before;
    if (previous !== next.state || fill !== undefined || refusal !== undefined)
      this.#emit(record, previous, fill, refusal);
  }

  #emit(
    record: OrderRecord,
    previous: OrderUpdate['previous'],
    fill?: OrderUpdate['fill'],
    refusal?: OrderRefusal,
  ): void {
    const { order } = record;
    this.#onUpdate(
      Object.freeze({
        type: 'orderUpdate',
        order,
        previous,
        current: order.state,
        ...(fill === undefined ? {} : { fill }),
        ...(refusal === undefined ? {} : { refusal: Object.freeze(refusal) }),
      }),
    );
  }

  #keepEnded(record: OrderRecord): void {
    record.cancelRequested = false;
    record.wanted = undefined;
    this.#ended.push(record.order.orderId);
    if (this.#ended.length < 2 * ENDED_KEPT) return;
    for (const orderId of this.#ended.splice(0, ENDED_KEPT)) this.#records.delete(orderId);
  }

  #open(asset: number): OrderRecord[] {
    return [...this.#records.values()].filter(
      ({ order }) => order.asset === asset && !isTerminal(order.state),
    );
  }
}
