import type { EventView } from '../models/event-view.js';
import { HftError, type HftErrorCode } from '../models/hft-error.js';
import type { LatencyHistogram } from '../models/latency-histogram.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { errorFromCommand } from '../models/native-error.js';
import { orderTypeToCode } from '../models/order-type.js';
import { CommandError } from '../models/record-layout.js';
import { sideToCode } from '../models/side.js';
import { roundToTick } from '../models/ticks.js';
import { timeInForceToCode } from '../models/time-in-force.js';
import type { OrderStateChange } from './client-event.js';
import type { ClientOrder, RejectReason } from './client-order.js';
import type { ClientPort } from './client-port.js';
import {
  checkOrderId,
  checkPrice,
  checkQty,
  checkRequest,
  checkTimeoutMs,
  gridRule,
} from './order-checks.js';
import type {
  CancelOutcome,
  ClientOrderRequest,
  DenyRule,
  Denied,
  ModifyOutcome,
  OrderOutcome,
  Unknown,
} from './order-outcome.js';
import { PendingCalls } from './pending-calls.js';
import {
  applyReport,
  cancelRefused,
  closeUnseen,
  isTerminal,
  requestCancel,
  WireStatus,
  type Fill,
  type OrderProgress,
} from './order-state.js';
import { adoptedOrder, pendingOrder } from './new-order.js';
import { cancelOutcomeOf, denyRuleOf, outcomeOf } from './outcome-of.js';
import { OrderStore } from './order-store.js';
import { OrderWatchers } from './order-watchers.js';
import type { TokenBucket } from './token-bucket.js';

export interface OrderDeskOptions {
  readonly instruments: readonly InstrumentSpec[];
  readonly port: ClientPort;
  readonly nextId: () => bigint;
  readonly limiter: TokenBucket | undefined;
  readonly keepTerminalOrders: number;
  /** How long to wait for an answer before an outcome is `unknown`. */
  readonly answerTimeoutMs: number;
  readonly latency: LatencyHistogram;
  readonly isLinkUp: (asset: number) => boolean;
  readonly onChange: (change: OrderStateChange) => void;
  /** An order's true state must be asked for. */
  readonly onUncertain: (asset: number) => void;
  /** A request failed that nobody waits for. */
  readonly onError: (error: HftError) => void;
}

/** Code of the bot's own word that the connector does not list an order any more. */
const BOT_NOT_LISTED = -1;
/** Code of the bot's own word that the connector cannot know the order: it may be open. */
const BOT_CANNOT_TELL = -2;

/** Orders that ended since the bot was last told to forget such. */
const CLEAR_AFTER = 64;

/** The client's orders: sends requests, follows their state, gives each call its outcome. */
export class OrderDesk {
  readonly #options: OrderDeskOptions;
  readonly #store: OrderStore;
  readonly #submits = new PendingCalls<OrderOutcome>();
  readonly #cancels = new PendingCalls<CancelOutcome>();
  readonly #modifies = new PendingCalls<ModifyOutcome>();
  /** Progress flags that the public order does not show. */
  readonly #cancelRequested = new Set<bigint>();
  /** Cancels asked for before the order was acknowledged: sent with the acknowledgement. */
  readonly #deferredCancels = new Set<bigint>();
  readonly #rejects = new Map<bigint, RejectReason>();
  /** Orders that the connector does not know of and others may: its snapshots say nothing of them. */
  readonly #unseen = new Set<bigint>();
  /** What each command in flight was: a `Command` record names only its number. */
  readonly #commands = new Map<
    number,
    { kind: 'submit' | 'cancel' | 'modify'; orderId: bigint; asset: number }
  >();
  readonly #watchers = new OrderWatchers();
  readonly #wanted = new Map<bigint, { price: number; qty: number }>();
  readonly #endedSinceClear = new Map<number, number>();
  #submitted = 0;
  #fills = 0;

  constructor(options: OrderDeskOptions) {
    this.#options = options;
    this.#store = new OrderStore(options.keepTerminalOrders);
  }

  get submitted(): number {
    return this.#submitted;
  }

  get fills(): number {
    return this.#fills;
  }

  get(orderId: bigint): ClientOrder | undefined {
    return this.#store.get(orderId);
  }

  /** Open orders first seen first; with `all` those that ended and are still kept as well. */
  list(asset: number | undefined, all: boolean): ClientOrder[] {
    if (!all) return this.#store.open(asset);
    return [...this.#store.all()].filter((order) => asset === undefined || order.asset === asset);
  }

  /** @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_ORDER_ID_EXISTS`. */
  submit(asset: number, request: ClientOrderRequest): Promise<OrderOutcome> {
    const spec = this.#spec(asset);
    const checked = checkRequest(request);
    const timeoutMs = checkTimeoutMs(request.timeoutMs ?? this.#options.answerTimeoutMs);
    const orderId =
      request.orderId === undefined ? this.#options.nextId() : checkOrderId(request.orderId);
    if (this.#store.get(orderId) !== undefined) {
      throw new HftError(
        'ERR_ORDER_ID_EXISTS',
        `an order with the id ${String(orderId)} exists already.`,
        {
          remedy: 'Leave orderId out: the client makes unique ones.',
        },
      );
    }
    const order = (): ClientOrder => pendingOrder(orderId, asset, spec.symbol, checked);
    const off = gridRule(spec, checked.price, checked.qty, checked.orderType);
    if (off !== undefined)
      return Promise.resolve(this.#deny(order(), off.rule, 'ERR_INVALID_ARGUMENT', off.text));
    if (!this.#options.isLinkUp(asset)) {
      const text = `the connector ${spec.connector} is not running, or it is gone`;
      return Promise.resolve(this.#deny(order(), 'connector_down', 'ERR_CONNECTOR_DOWN', text));
    }
    if (this.#options.limiter?.tryTake() === false) {
      return Promise.resolve(
        this.#deny(
          order(),
          'rate_limit',
          'ERR_RATE_LIMITED',
          'the order rate limit of this client is used up',
        ),
      );
    }
    const { side, price, qty, timeInForce, orderType } = checked;
    const command = this.#options.port.submitOrder(
      asset,
      orderId,
      sideToCode(side),
      price,
      qty,
      timeInForceToCode(timeInForce),
      orderTypeToCode(orderType),
    );
    if (command === 0)
      return Promise.resolve(
        this.#deny(order(), 'queue_full', 'ERR_QUEUE_FULL', 'the command queue is full'),
      );
    // What is kept about the order here is made while the request is on its way.
    const pending = order();
    this.#submitted += 1;
    this.#track(command, 'submit', pending);
    const outcome = this.#submits.add(orderId, timeoutMs, () => this.#lose(orderId, 'timeout'));
    this.#change(pending, undefined);
    return outcome;
  }

  /** @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`, `ERR_QUEUE_FULL`. */
  cancel(orderId: bigint, timeoutMs = this.#options.answerTimeoutMs): Promise<CancelOutcome> {
    return this.#requestCancel(this.#open(orderId, 'cancelOrder'), timeoutMs, true);
  }

  /**
   * Cancels every open order on an instrument: with `inOneMessage` (the connector must offer it)
   * in one request, else one by one.
   */
  async cancelAll(asset: number, inOneMessage: boolean): Promise<CancelOutcome[]> {
    const open = this.#store.open(asset);
    if (open.length === 0) return [];
    const outcomes = open.map((order) =>
      this.#requestCancel(order, this.#options.answerTimeoutMs, !inOneMessage),
    );
    if (inOneMessage && this.#options.port.cancelAll(asset) === 0) {
      for (const order of open)
        this.#cancels.fail(
          order.orderId,
          new HftError('ERR_QUEUE_FULL', 'cancelAll: the command queue is full.'),
        );
    }
    return await Promise.all(outcomes);
  }

  /** @throws HftError as `cancel`, and `ERR_INVALID_ARGUMENT`. */
  modify(
    orderId: bigint,
    change: { price?: number; qty?: number },
    timeoutMs = this.#options.answerTimeoutMs,
  ): Promise<ModifyOutcome> {
    const order = this.#open(orderId, 'modifyOrder');
    const price = change.price ?? order.price;
    const qty = change.qty ?? order.qty;
    checkPrice(price, order.orderType);
    checkQty(qty);
    const off = gridRule(this.#spec(order.asset), price, qty, order.orderType);
    if (off !== undefined) {
      return Promise.resolve({
        status: 'denied',
        rule: off.rule,
        code: 'ERR_INVALID_ARGUMENT',
        text: off.text,
        order,
      });
    }
    if (this.#wanted.has(orderId) || order.state === 'pending_cancel') {
      throw new HftError(
        'ERR_INVALID_ORDER_STATUS',
        `order ${String(orderId)} has a request under way.`,
      );
    }
    this.#requireLink(order.asset);
    if (this.#options.limiter?.tryTake() === false) {
      const text = 'the order rate limit of this client is used up';
      return Promise.resolve({
        status: 'denied',
        rule: 'rate_limit',
        code: 'ERR_RATE_LIMITED',
        text,
        order,
      });
    }
    const command = this.#options.port.modify(order.asset, orderId, price, qty);
    this.#track(command, 'modify', order);
    this.#wanted.set(orderId, { price, qty });
    return this.#modifies.add(orderId, checkTimeoutMs(timeoutMs), () => {
      this.#wanted.delete(orderId);
      return this.#lose(orderId, 'timeout');
    });
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
    const order = this.#store.get(orderId);
    if (order === undefined)
      throw errorFromCommand(CommandError.OrderNotFound, `waitForOrder(${String(orderId)})`);
    return this.#watchers.wait(order, until, checkTimeoutMs(timeoutMs));
  }

  /** An `Order` record came. */
  onOrder(view: EventView): void {
    const orderId = view.orderId;
    this.#unseen.delete(orderId);
    const before = this.#store.get(orderId) ?? adoptedOrder(view, this.#options.instruments);
    const known = this.#store.get(orderId) !== undefined;
    const tickSize = this.#options.instruments[view.asset]?.tickSize ?? NaN;
    this.#submits.measure(orderId, this.#options.latency);
    const { next, fill } = applyReport(this.#progress(before), {
      status: view.statusCode,
      // Made of ticks on the way here: 49996.200000000004 is meant as 49996.2.
      price: roundToTick(view.px, tickSize),
      qty: view.qty,
      leavesQty: view.leavesQty,
      execQty: view.execQty,
      execPx: roundToTick(view.execPx, tickSize),
      maker: view.maker,
      exchTsNs: view.exchTsNs,
    });
    const reject = this.#rejects.get(orderId);
    const refused = reject !== undefined && next.state === 'expired' && next.filledQty === 0;
    this.#applyProgress(
      before,
      known ? before.state : undefined,
      refused ? { ...next, state: 'rejected' } : next,
      fill,
      refused ? reject : before.reject,
    );
    this.#settle(orderId, view.statusCode);
  }

  /** The connector refused something about an order. */
  onReject(orderId: bigint, reject: RejectReason): void {
    const order = this.#store.get(orderId);
    if (order === undefined) return;
    if (order.state === 'pending_new') {
      this.#rejects.set(orderId, reject); // The final `Order` record follows.
      return;
    }
    const told = { status: 'rejected' as const, ...reject };
    if (this.#wanted.delete(orderId)) {
      this.#modifies.settle(orderId, { ...told, order });
      return;
    }
    if (!this.#cancelRequested.delete(orderId)) return;
    const next = cancelRefused({ ...this.#progress(order), cancelRequested: true });
    const changed = { ...order, state: next.state };
    if (next.state !== order.state) this.#change(changed, order.state);
    this.#cancels.settle(orderId, { ...told, order: changed });
  }

  /** The bot drew a conclusion of its own about an order. */
  onConcluded(orderId: bigint, code: number): void {
    const order = this.#store.get(orderId);
    if (order === undefined || isTerminal(order.state)) return;
    if (code === BOT_CANNOT_TELL) {
      this.#unseen.add(orderId);
      this.#lose(orderId, 'connection_lost');
    }
    if (code !== BOT_NOT_LISTED) return;
    this.#unseen.delete(orderId);
    this.#applyProgress(
      order,
      order.state,
      closeUnseen(this.#progress(order)),
      undefined,
      order.reject,
    );
    this.#settle(orderId, WireStatus.None);
  }

  /** A command was refused on this side of the wire: nothing was sent. */
  onCommand(command: number, status: number): void {
    const entry = this.#commands.get(command);
    this.#commands.delete(command);
    if (entry === undefined || status === CommandError.Ok) return;
    const { kind, orderId, asset } = entry;
    const error = errorFromCommand(
      status,
      `${kind}(asset ${String(asset)}, order ${String(orderId)})`,
    );
    const order = this.#store.get(orderId);
    if (kind === 'submit' && order !== undefined) {
      this.#submits.settle(
        orderId,
        this.#deny(order, denyRuleOf(status), error.code, error.message),
      );
      return;
    }
    if (kind === 'cancel' && order !== undefined) {
      this.#cancelRequested.delete(orderId);
      const next = cancelRefused({ ...this.#progress(order), cancelRequested: true });
      if (next.state !== order.state) this.#change({ ...order, state: next.state }, order.state);
      if (this.#cancels.fail(orderId, error)) return;
    }
    if (kind === 'modify') {
      this.#wanted.delete(orderId);
      if (this.#modifies.fail(orderId, error)) return;
    }
    this.#options.onError(error);
  }

  /** The link of these instruments is gone: what was under way is unknown now. */
  onLinkLost(assets: ReadonlySet<number>, reason: Unknown['reason']): void {
    for (const order of this.#store.open()) {
      if (!assets.has(order.asset)) continue;
      const lost = this.#lose(order.orderId, reason);
      this.#submits.settle(order.orderId, lost);
      this.#cancels.settle(order.orderId, lost);
      this.#modifies.settle(order.orderId, lost);
      this.#deferredCancels.delete(order.orderId);
      this.#cancelRequested.delete(order.orderId);
      this.#wanted.delete(order.orderId);
    }
  }

  /** A whole snapshot of the instrument came: orders that it should list and does not have ended. */
  onSnapshot(asset: number): void {
    for (const order of this.#store.open(asset)) {
      if (!order.uncertain || this.#unseen.has(order.orderId)) continue;
      const next = closeUnseen(this.#progress(order));
      this.#applyProgress(order, order.state, next, undefined, order.reject);
      this.#settle(order.orderId, WireStatus.None);
    }
  }

  hasUncertain(asset: number): boolean {
    return this.#store.open(asset).some((order) => order.uncertain);
  }

  /** Ends every waiting call: the client closes. */
  close(): void {
    this.onLinkLost(new Set(this.#options.instruments.keys()), 'closed');
    this.#watchers.failAll(new HftError('ERR_CLOSED', 'the client is closed.'));
  }

  #requestCancel(order: ClientOrder, timeoutMs: number, send: boolean): Promise<CancelOutcome> {
    const { orderId } = order;
    this.#requireLink(order.asset);
    const outcome = this.#cancels.add(orderId, checkTimeoutMs(timeoutMs), () =>
      this.#lose(orderId, 'timeout'),
    );
    if (this.#cancelRequested.has(orderId)) return outcome; // One request serves all who wait for it.
    this.#cancelRequested.add(orderId);
    // hftbacktest refuses to cancel what is not acknowledged yet.
    if (order.state === 'pending_new') this.#deferredCancels.add(orderId);
    else if (send) this.#sendCancel(order);
    const next = requestCancel(this.#progress(order));
    if (next.state !== order.state) this.#change({ ...order, state: next.state }, order.state);
    return outcome;
  }

  #progress(order: ClientOrder): OrderProgress {
    return {
      state: order.state,
      price: order.price,
      qty: order.qty,
      filledQty: order.filledQty,
      filledValue: order.filledQty > 0 ? order.avgFillPrice * order.filledQty : 0,
      cancelRequested:
        this.#cancelRequested.has(order.orderId) && !this.#deferredCancels.has(order.orderId),
      exchTsNs: order.exchTsNs,
    };
  }

  #applyProgress(
    before: ClientOrder,
    previous: ClientOrder['state'] | undefined,
    next: OrderProgress,
    fill: Fill | undefined,
    reject: RejectReason | undefined,
  ): void {
    const ended = isTerminal(next.state);
    const order: ClientOrder = {
      ...before,
      state: next.state,
      price: next.price,
      qty: next.qty,
      filledQty: next.filledQty,
      leavesQty: ended ? 0 : Math.max(0, next.qty - next.filledQty),
      avgFillPrice: next.filledQty > 0 ? next.filledValue / next.filledQty : NaN,
      exchTsNs: next.exchTsNs,
      uncertain: false,
      reject,
    };
    if (fill !== undefined) this.#fills += 1;
    if (ended && (previous === undefined || !isTerminal(previous))) this.#countEnded(before.asset);
    this.#change(order, previous, fill);
  }

  /** Stores the order; tells those who listen when its state changed or it was filled. */
  #change(order: ClientOrder, previous: ClientOrder['state'] | undefined, fill?: Fill): void {
    const frozen = Object.freeze(order);
    this.#store.put(frozen);
    if (previous !== frozen.state || fill !== undefined) {
      this.#options.onChange(
        Object.freeze({
          type: 'order_state' as const,
          order: frozen,
          previous,
          current: frozen.state,
          ...(fill === undefined ? {} : { fill }),
        }),
      );
    }
    this.#watchers.look(frozen);
  }

  /** Gives the calls that wait for this order their outcome, as far as it is known now. */
  #settle(orderId: bigint, status: number): void {
    const order = this.#store.get(orderId);
    if (order === undefined) return;
    const ended = isTerminal(order.state);
    // What cannot rest is answered by its end: a venue may acknowledge it first.
    const rests =
      order.orderType === 'limit' && (order.timeInForce === 'GTC' || order.timeInForce === 'GTX');
    if (ended || (rests && order.state !== 'pending_new')) {
      this.#submits.settle(orderId, outcomeOf(order));
    }
    if (order.state !== 'pending_new' && this.#deferredCancels.delete(orderId) && !ended)
      this.#sendCancel(order);
    const wanted = this.#wanted.get(orderId);
    if (
      wanted !== undefined &&
      (ended ||
        status === WireStatus.Replaced ||
        (close(wanted.price, order.price) && close(wanted.qty, order.qty)))
    ) {
      this.#wanted.delete(orderId);
      this.#modifies.settle(orderId, { status: ended ? 'ended' : 'modified', order });
    }
    if (!ended) return;
    this.#cancelRequested.delete(orderId);
    this.#rejects.delete(orderId);
    this.#cancels.settle(orderId, cancelOutcomeOf(order));
  }

  #lose(orderId: bigint, reason: Unknown['reason']): Unknown {
    const order = this.#store.get(orderId) as ClientOrder;
    if (isTerminal(order.state)) return { status: 'unknown', reason, order };
    const uncertain = Object.freeze({ ...order, uncertain: true });
    this.#store.put(uncertain);
    if (reason === 'timeout') {
      this.#cancelRequested.delete(orderId); // A later cancel may be sent again.
      this.#options.onUncertain(order.asset);
    }
    return { status: 'unknown', reason, order: uncertain };
  }

  #deny(order: ClientOrder, rule: DenyRule, code: HftErrorCode, text: string): Denied {
    const previous = this.#store.get(order.orderId)?.state;
    const denied = Object.freeze({ ...order, state: 'denied' as const, leavesQty: 0 });
    this.#change(denied, previous);
    return { status: 'denied', rule, code, text, order: denied };
  }

  #sendCancel(order: ClientOrder): void {
    const command = this.#options.port.cancel(order.asset, order.orderId);
    if (command === 0) {
      this.#cancelRequested.delete(order.orderId);
      const error = new HftError(
        'ERR_QUEUE_FULL',
        `cancelOrder(${String(order.orderId)}): the command queue is full.`,
      );
      if (!this.#cancels.fail(order.orderId, error)) this.#options.onError(error);
      return;
    }
    this.#track(command, 'cancel', order);
  }

  #track(command: number, kind: 'submit' | 'cancel' | 'modify', order: ClientOrder): void {
    if (command === 0)
      throw new HftError(
        'ERR_QUEUE_FULL',
        `${kind}Order(${String(order.orderId)}): the command queue is full.`,
      );
    this.#commands.set(command, { kind, orderId: order.orderId, asset: order.asset });
    // Commands answer only when they fail, so what is long past is forgotten.
    if (this.#commands.size > 4096) {
      for (const old of this.#commands.keys()) {
        if (this.#commands.size <= 2048) break;
        this.#commands.delete(old);
      }
    }
  }

  #open(orderId: bigint, call: string): ClientOrder {
    const order = this.#store.get(orderId);
    if (order === undefined)
      throw errorFromCommand(CommandError.OrderNotFound, `${call}(${String(orderId)})`);
    if (isTerminal(order.state)) {
      throw new HftError(
        'ERR_INVALID_ORDER_STATUS',
        `${call}(${String(orderId)}): the order is ${order.state} already.`,
      );
    }
    return order;
  }

  #requireLink(asset: number): void {
    if (!this.#options.isLinkUp(asset))
      throw errorFromCommand(CommandError.ConnectorDown, this.#spec(asset).connector);
  }

  #spec(asset: number): InstrumentSpec {
    const spec = this.#options.instruments[asset];
    if (spec === undefined)
      throw errorFromCommand(CommandError.InstrumentNotFound, `asset ${String(asset)}`);
    return spec;
  }

  #countEnded(asset: number): void {
    const ended = (this.#endedSinceClear.get(asset) ?? 0) + 1;
    this.#endedSinceClear.set(asset, ended % CLEAR_AFTER);
    if (ended >= CLEAR_AFTER) this.#options.port.clearInactiveOrders(asset);
  }
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
