import type { EventView } from '../models/event-view.js';
import type { BookState } from '../models/book-state.js';
import { HftError } from '../models/hft-error.js';
import { invalid } from '../models/invalid.js';
import { errorFromCommand } from '../models/native-error.js';
import type { NewOrder } from '../models/new-order.js';
import type { OrderChange } from '../models/order-change.js';
import { CommandError } from '../models/record-layout.js';
import { canRest } from '../orders/can-rest.js';
import type { ClientOrder, RejectReason } from '../orders/client-order.js';
import { checkTimeoutMs } from '../orders/order-checks.js';
import { OrderLedger } from './order-ledger.js';
import type { OrderManagerOptions } from './order-manager-options.js';
import type {
  CancelOutcome,
  ModifyOutcome,
  OrderOutcome,
  Unknown,
} from '../orders/order-outcome.js';
import type { OrderRecord } from '../orders/order-record.js';
import type { WorkingOrder } from '../orders/plan-quotes.js';
import { OrderReports } from './order-reports.js';
import { OrderRequests } from './order-requests.js';

/**
 * The client's orders: sends requests (`OrderRequests`), applies reports (`OrderReports`) and gives
 * each call its outcome (`OrderLedger`). One `OrderRecord` holds all that is known of an order.
 */
export class OrderManager {
  readonly #options: OrderManagerOptions;
  readonly #ledger: OrderLedger;
  readonly #requests: OrderRequests;
  readonly #reports: OrderReports;

  constructor(options: OrderManagerOptions) {
    this.#options = options;
    this.#ledger = new OrderLedger(options);
    this.#requests = new OrderRequests(options, this.#ledger);
    this.#reports = new OrderReports(options, this.#ledger, this.#requests.sendCancel);
  }

  get submitted(): number {
    return this.#requests.submitted;
  }

  get fills(): number {
    return this.#ledger.fills;
  }

  get(orderId: bigint): ClientOrder | undefined {
    return this.#ledger.store.get(orderId)?.order;
  }

  /** Open orders first seen first; with `all` those that ended and are still kept as well. */
  list(asset: number | undefined, all: boolean): ClientOrder[] {
    if (!all) return this.#ledger.store.open(asset).map(({ order }) => order);
    return [...this.#ledger.store.all()]
      .map(({ order }) => order)
      .filter((order) => asset === undefined || order.asset === asset);
  }

  /** Orders that rest or may rest on an instrument, for a plan of quotes. */
  working(asset: number): WorkingOrder[] {
    return this.#ledger.store
      .open(asset)
      .filter(({ order }) => canRest(order))
      .map(workingOrder);
  }

  /** @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_ORDER_ID_EXISTS`. */
  submit(asset: number, order: NewOrder, timeoutMs?: number): Promise<OrderOutcome> {
    return this.#requests.submit(asset, order, timeoutMs);
  }

  /** @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`, `ERR_QUEUE_FULL`. */
  cancel(orderId: bigint, timeoutMs?: number): Promise<CancelOutcome> {
    return this.#requests.cancel(orderId, timeoutMs);
  }

  /** As {@link OrderRequests.cancelAll}. */
  cancelAll(asset: number, inOneMessage: boolean): Promise<CancelOutcome[]> {
    return this.#requests.cancelAll(asset, inOneMessage);
  }

  /** @throws HftError as `cancel`, and `ERR_INVALID_ARGUMENT`. */
  modify(orderId: bigint, change: OrderChange, timeoutMs?: number): Promise<ModifyOutcome> {
    return this.#requests.modify(orderId, change, timeoutMs);
  }

  /**
   * Resolves with the order once `until` holds for it.
   *
   * @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_TIMEOUT`.
   */
  waitFor(
    orderId: bigint,
    until: 'terminal' | ((order: ClientOrder) => boolean),
    timeoutMs: number,
  ): Promise<ClientOrder> {
    if ((until as unknown) !== 'terminal' && typeof until !== 'function')
      invalid(
        'until',
        until,
        "must be 'terminal' or a function, (order) => order.state === 'filled'",
      );
    const order = this.get(orderId);
    if (order === undefined)
      throw errorFromCommand(
        CommandError.OrderNotFound,
        `waitForOrder(${String(orderId)})`,
        undefined,
        'client',
      );
    return this.#ledger.watchers.wait(order, until, checkTimeoutMs(timeoutMs));
  }

  /** An `Execution` record came. */
  onExecution(view: EventView): void {
    this.#reports.onExecution(view);
  }

  /** An `Order` record came. */
  onReport(view: EventView): void {
    this.#reports.onReport(view);
  }

  /** The connector refused something about an order. */
  onReject(orderId: bigint, reject: RejectReason): void {
    this.#reports.onReject(orderId, reject);
  }

  /** A cancel-all could not be done: every cancellation on the instrument is refused. */
  onCancelAllRefused(asset: number, reject: RejectReason): void {
    this.#reports.onCancelAllRefused(asset, reject);
  }

  /** The bot drew a conclusion of its own about an order. */
  onConcluded(orderId: bigint, code: number, text: string): void {
    this.#reports.onConcluded(orderId, code, text);
  }

  /** A command was refused on this side of the wire: nothing was sent. */
  onCommand(command: number, status: number, book?: BookState): void {
    this.#requests.onCommand(command, status, book);
  }

  /** The link of these instruments is gone: what was under way is unknown now. */
  onLinkLost(assets: ReadonlySet<number>, reason: Unknown['reason']): void {
    this.#reports.onLinkLost(assets, reason);
  }

  /** Has the bot find out about each unconfirmed order of an instrument; false when there is none. */
  askUnconfirmed(asset: number): boolean {
    const unconfirmed = this.list(asset, false).filter((order) => order.unconfirmed);
    if (this.#options.isLinkUp(asset))
      for (const { orderId } of unconfirmed) this.#options.port.askOrder(asset, orderId);
    return unconfirmed.length > 0;
  }

  /** Resolves once no cancellation waits for its answer, after `timeoutMs` at the latest. */
  async cancelsAnswered(timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (this.#ledger.cancels.size > 0 && performance.now() < endMs)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Open orders whose cancellation was asked for. */
  leftToCancel(): ClientOrder[] {
    return this.#ledger.store
      .open()
      .filter(({ order, toCancel }) => toCancel || order.state === 'pending_cancel')
      .map(({ order }) => order);
  }

  /** Ends every waiting call: the client closes. */
  close(): void {
    this.onLinkLost(new Set(this.#options.instruments.keys()), 'closed');
    this.#ledger.watchers.failAll(
      new HftError('ERR_CLOSED', 'the client is closed.', { remedy: 'Make a new one.' }),
    );
  }
}

function workingOrder({ order, wanted, cancelRequested }: OrderRecord): WorkingOrder {
  const { orderId, side, price, leavesQty, filledQty, state, unconfirmed } = order;
  const pending = unconfirmed
    ? 'unknown'
    : cancelRequested
      ? 'cancel'
      : wanted !== undefined
        ? 'modify'
        : state === 'pending_new'
          ? 'submit'
          : 'none';
  return { orderId, side, price, leavesQty, filledQty, pending };
}
