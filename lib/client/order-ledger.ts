import type { HftErrorCode } from '../models/hft-error.js';
import type { RejectReason, ClientOrder } from '../orders/client-order.js';
import type { OrderRefusal } from '../orders/order-update.js';
import type { OrderManagerOptions } from './order-manager-options.js';
import type {
  CancelOutcome,
  DenyRule,
  Denied,
  ModifyOutcome,
  OrderOutcome,
  Unknown,
} from '../orders/order-outcome.js';
import { orderAfter, type OrderRecord } from '../orders/order-record.js';
import { canRest } from '../orders/can-rest.js';
import { isAt } from '../orders/is-at.js';
import { isTerminal, type Fill, type OrderProgress } from '../orders/order-state.js';
import { WireStatus } from '../models/wire-status.js';
import { OrderStore } from './order-store.js';
import { OrderWatchers } from './order-watchers.js';
import { cancelOutcomeOf, outcomeOf } from './outcome-of.js';
import { PendingCalls } from './pending-calls.js';

/** The bot is asked to forget ended orders once so many have ended. */
const CLEAR_AFTER = 64;

/** The orders of a client, the calls that wait for an outcome, and those that watch an order. */
export class OrderLedger {
  readonly store: OrderStore;
  readonly submits = new PendingCalls<OrderOutcome>();
  readonly cancels = new PendingCalls<CancelOutcome>();
  readonly modifies = new PendingCalls<ModifyOutcome>();
  readonly watchers = new OrderWatchers();
  readonly #options: OrderManagerOptions;
  readonly #endedSinceClear = new Map<number, number>();
  #fills = 0;

  constructor(options: OrderManagerOptions) {
    this.#options = options;
    this.store = new OrderStore(options.keepTerminalOrders);
  }

  get fills(): number {
    return this.#fills;
  }

  /** A step of the state machine. `previous` is `undefined` for an order that is new here. */
  advance(
    record: OrderRecord,
    previous: ClientOrder['state'] | undefined,
    next: OrderProgress,
    fill: Fill | undefined,
    reject: RejectReason | undefined,
    refusal?: OrderRefusal,
  ): void {
    const { asset } = record.order;
    const lotSize = this.#options.instruments[asset]?.lotSize ?? NaN;
    if (fill !== undefined) this.#fills += 1;
    if (isTerminal(next.state) && (previous === undefined || !isTerminal(previous)))
      this.countEnded(asset);
    this.change(record, orderAfter(record.order, next, reject, lotSize), previous, fill, refusal);
  }

  /** Stores the order and emits an update when its state changed, it was filled, or something was refused. */
  change(
    record: OrderRecord,
    order: ClientOrder,
    previous: ClientOrder['state'] | undefined,
    fill?: Fill,
    refusal?: OrderRefusal,
  ): void {
    const frozen = Object.freeze(order);
    record.order = frozen;
    this.store.put(record);
    if (previous !== frozen.state || fill !== undefined || refusal !== undefined) {
      this.#options.onChange(
        Object.freeze({
          type: 'orderUpdate' as const,
          order: frozen,
          previous,
          current: frozen.state,
          ...(fill === undefined ? {} : { fill }),
          ...(refusal === undefined ? {} : { refusal }),
        }),
      );
    }
    this.watchers.look(frozen);
  }

  /** As `change`, where only the state is another. */
  enter(record: OrderRecord, state: ClientOrder['state']): void {
    const { order } = record;
    if (state !== order.state) this.change(record, { ...order, state }, order.state);
  }

  /**
   * Gives the calls that wait for this order their outcome, as far as it is known now.
   *
   * @param status - A `WireStatus`: what the report said.
   * @param sendCancel - Sends the cancel that waited for the acknowledgement.
   */
  settle(record: OrderRecord, status: number, sendCancel: (record: OrderRecord) => void): void {
    const { order } = record;
    const { orderId } = order;
    const ended = isTerminal(order.state);
    // What cannot rest is answered by its end: a venue may acknowledge it first.
    if (ended || (canRest(order) && order.state !== 'pending_new'))
      this.submits.settle(orderId, outcomeOf(order));
    if (order.state !== 'pending_new' && record.cancelDeferred) {
      record.cancelDeferred = false;
      if (!ended) sendCancel(record);
    }
    const { wanted } = record;
    if (wanted !== undefined && (ended || status === WireStatus.Replaced || isAt(order, wanted))) {
      record.wanted = undefined;
      this.modifies.settle(orderId, { status: ended ? 'ended' : 'modified', order });
    }
    if (!ended) return;
    record.toCancel = false;
    record.cancelRequested = false;
    record.pendingReject = undefined;
    this.cancels.settle(orderId, cancelOutcomeOf(order));
  }

  /** No answer came, or none can come: the order's state must be asked for. */
  lose(record: OrderRecord, reason: Unknown['reason']): Unknown {
    const { order } = record;
    if (isTerminal(order.state)) return { status: 'unknown', reason, order };
    record.order = Object.freeze({ ...order, unconfirmed: true });
    this.store.put(record);
    if (reason === 'timeout') {
      record.cancelRequested = false; // A later cancel may be sent again.
      this.#options.onUnconfirmed(order.asset);
    }
    return { status: 'unknown', reason, order: record.order };
  }

  /** The order was not sent. `previous` is `undefined` for an order that is new here. */
  deny(
    record: OrderRecord,
    previous: ClientOrder['state'] | undefined,
    rule: DenyRule,
    code: HftErrorCode,
    text: string,
  ): Denied {
    const denied = { ...record.order, state: 'denied', leavesQty: 0, unconfirmed: false } as const;
    this.change(record, denied, previous);
    return { status: 'denied', rule, code, text, order: record.order };
  }

  /** The bot keeps orders that ended until it is asked to forget them. */
  countEnded(asset: number): void {
    const ended = (this.#endedSinceClear.get(asset) ?? 0) + 1;
    this.#endedSinceClear.set(asset, ended % CLEAR_AFTER);
    if (ended >= CLEAR_AFTER) this.#options.port.clearInactiveOrders(asset);
  }
}
