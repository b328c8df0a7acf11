import type { BookState } from '../models/book-state.js';
import { checkOrderId, checkPrice, checkQty } from '../models/arguments.js';
import { gridFault } from '../models/grid-fault.js';
import { HftError, type HftErrorCode } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { errorFromCommand } from '../models/native-error.js';
import type { NewOrder } from '../models/new-order.js';
import type { OrderChange } from '../models/order-change.js';
import { orderTypeToCode } from '../models/order-type.js';
import { CommandError } from '../models/record-layout.js';
import { sideToCode } from '../models/side.js';
import { roundToTick } from '../models/ticks.js';
import { timeInForceToCode } from '../models/time-in-force.js';
import { checkOrder, checkTimeoutMs } from '../orders/order-checks.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrderManagerOptions } from './order-manager-options.js';
import type {
  CancelOutcome,
  DenyRule,
  Denied,
  ModifyOutcome,
  OrderOutcome,
} from '../orders/order-outcome.js';
import { orderRecord, progressOf, type OrderRecord } from '../orders/order-record.js';
import { cancelRefused, isTerminal, requestCancel } from '../orders/order-state.js';
import { denyRuleOf } from './outcome-of.js';
import { SentCommands, type SentCommand } from './sent-commands.js';
import { pendingOrder } from '../orders/tracked-order.js';

const READ_ONLY = 'the client is read-only (readOnly): it sends no orders';
const RATE_LIMIT = 'the order rate limit of this client is used up';

/** Sends orders, changes of orders and cancels, and follows what becomes of the commands. */
export class OrderRequests {
  readonly #options: OrderManagerOptions;
  readonly #ledger: OrderLedger;
  readonly #commands = new SentCommands();
  #submitted = 0;

  constructor(options: OrderManagerOptions, ledger: OrderLedger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  /** Orders that were sent. */
  get submitted(): number {
    return this.#submitted;
  }

  /** @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_ORDER_ID_EXISTS`. */
  submit(
    asset: number,
    request: NewOrder,
    timeoutMs = this.#options.answerTimeoutMs,
  ): Promise<OrderOutcome> {
    const spec = this.#spec(asset);
    const given = checkOrder(request);
    const waitMs = checkTimeoutMs(timeoutMs);
    const orderId =
      request.orderId === undefined ? this.#options.nextId() : checkOrderId(request.orderId);
    if (this.#ledger.store.get(orderId) !== undefined) {
      throw new HftError(
        'ERR_ORDER_ID_EXISTS',
        `an order with the id ${String(orderId)} exists already.`,
        { remedy: 'Leave orderId out: the client makes unique ones.' },
      );
    }
    const off = gridFault(spec, given.price, given.qty, given.orderType === 'market');
    // Without the noise of sums and products.
    const checked = off === undefined ? onGrid(given, spec) : given;
    const record = (): OrderRecord =>
      orderRecord(pendingOrder(orderId, asset, spec.symbol, checked));
    const deny = (rule: DenyRule, code: HftErrorCode, text: string): Promise<Denied> =>
      Promise.resolve(this.#ledger.deny(record(), undefined, rule, code, text));
    if (this.#options.readOnly) return deny('read_only', 'ERR_READ_ONLY', READ_ONLY);
    if (off !== undefined) return deny(off.rule, 'ERR_OFF_GRID', off.text);
    if (!this.#options.isLinkUp(asset)) {
      const text = `the connector ${spec.connector} is not running, or it is gone`;
      return deny('connector_down', 'ERR_CONNECTOR_DOWN', text);
    }
    if (this.#options.limiter?.tryTake() === false)
      return deny('rate_limit', 'ERR_RATE_LIMITED', RATE_LIMIT);
    const { side, price, qty, timeInForce, orderType } = checked;
    const command = this.#options.port.submitOrder(
      asset,
      orderId,
      sideToCode(side),
      price,
      qty,
      timeInForceToCode(timeInForce),
      orderTypeToCode(orderType),
      this.#goodForNs(waitMs),
    );
    if (command === 0) return deny('queue_full', 'ERR_QUEUE_FULL', 'the command queue is full');
    // What is kept about the order here is made while the request is on its way.
    const pending = record();
    this.#submitted += 1;
    this.#track(command, 'submit', pending);
    const outcome = this.#ledger.submits.add(orderId, waitMs, () =>
      this.#ledger.lose(pending, 'timeout'),
    );
    this.#ledger.change(pending, pending.order, undefined);
    return outcome;
  }

  /** @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`, `ERR_QUEUE_FULL`. */
  cancel(orderId: bigint, timeoutMs = this.#options.answerTimeoutMs): Promise<CancelOutcome> {
    return this.#requestCancel(this.#open(orderId, 'cancelOrder'), timeoutMs, true);
  }

  /**
   * Cancels every open order on an instrument: with `inOneMessage` (the connector must offer it)
   * in one request, which goes out also when nothing is known to be open here; else one by one.
   */
  async cancelAll(asset: number, inOneMessage: boolean): Promise<CancelOutcome[]> {
    const outcomes = this.#ledger.store
      .open(asset)
      .map((record) => this.#requestCancel(record, this.#options.answerTimeoutMs, !inOneMessage));
    if (inOneMessage && this.#options.isLinkUp(asset)) {
      const command = this.#options.port.cancelAll(asset);
      if (command === 0) {
        const error = new HftError('ERR_QUEUE_FULL', 'cancelAll: the command queue is full.', {
          remedy: SLOW_DOWN,
        });
        this.#cancelAllFailed(asset, error);
      } else this.#commands.add(command, { kind: 'cancelAll', orderId: 0n, asset });
    }
    return await Promise.all(outcomes);
  }

  /** @throws HftError as `cancel`, and `ERR_INVALID_ARGUMENT`. */
  modify(
    orderId: bigint,
    change: OrderChange,
    timeoutMs = this.#options.answerTimeoutMs,
  ): Promise<ModifyOutcome> {
    const record = this.#open(orderId, 'modifyOrder');
    const { order } = record;
    const given = { price: change.price ?? order.price, qty: change.qty ?? order.qty };
    checkPrice(given.price, order.orderType === 'market');
    checkQty(given.qty);
    const deny = (rule: DenyRule, code: HftErrorCode, text: string): Promise<Denied> =>
      Promise.resolve({ status: 'denied', rule, code, text, order });
    if (this.#options.readOnly) return deny('read_only', 'ERR_READ_ONLY', READ_ONLY);
    const spec = this.#spec(order.asset);
    const off = gridFault(spec, given.price, given.qty, order.orderType === 'market');
    if (off !== undefined) return deny(off.rule, 'ERR_OFF_GRID', off.text);
    const { price, qty } = onGrid(given, spec);
    if (record.wanted !== undefined || order.state === 'pending_cancel') {
      throw new HftError(
        'ERR_INVALID_ORDER_STATUS',
        `order ${String(orderId)} has a request under way.`,
        { remedy: 'Await its outcome first.' },
      );
    }
    this.#requireLink(order.asset);
    if (this.#options.limiter?.tryTake() === false)
      return deny('rate_limit', 'ERR_RATE_LIMITED', RATE_LIMIT);
    const waitMs = checkTimeoutMs(timeoutMs);
    const command = this.#options.port.modify(
      order.asset,
      orderId,
      price,
      qty,
      this.#goodForNs(waitMs),
    );
    this.#track(command, 'modify', record);
    record.wanted = { price, qty };
    return this.#ledger.modifies.add(orderId, waitMs, () => {
      record.wanted = undefined;
      return this.#ledger.lose(record, 'timeout');
    });
  }

  /** A command was refused on this side of the wire: nothing was sent. */
  onCommand(command: number, status: number, book?: BookState): void {
    const sent = this.#commands.take(command);
    if (sent === undefined || status === CommandError.Ok) return;
    const { kind, orderId, asset } = sent;
    const call = kind === 'cancelAll' ? kind : `${kind}Order`;
    const what = `${call}(asset ${String(asset)}, order ${String(orderId)})`;
    const error = errorFromCommand(status, what, book, 'client');
    if (kind === 'cancelAll') {
      this.#cancelAllFailed(asset, error);
      return;
    }
    const record = this.#ledger.store.get(orderId);
    if (record === undefined || !this.#refused(kind, record, status, error))
      this.#options.onError(error);
  }

  /** Sends a cancel; what keeps it from going out reaches those who wait for it. */
  readonly sendCancel = (record: OrderRecord): void => {
    const { asset, orderId } = record.order;
    const command = this.#options.port.cancel(asset, orderId);
    if (command !== 0) {
      this.#track(command, 'cancel', record);
      return;
    }
    record.cancelRequested = false;
    if (!this.#options.canSend()) {
      this.#ledger.cancels.settle(orderId, this.#ledger.lose(record, 'closed'));
      return;
    }
    const error = queueFull('cancel', orderId);
    if (!this.#ledger.cancels.fail(orderId, error)) this.#options.onError(error);
  };

  /** False when no call was there to learn that a command about an order was refused. */
  #refused(
    kind: Exclude<SentCommand['kind'], 'cancelAll'>,
    record: OrderRecord,
    status: number,
    error: HftError,
  ): boolean {
    const { orderId, state } = record.order;
    const { submits, cancels, modifies } = this.#ledger;
    const { code, message: text } = error;
    const rule = denyRuleOf(status);
    switch (kind) {
      case 'submit':
        this.#submitted -= 1;
        submits.settle(orderId, this.#ledger.deny(record, state, rule, code, text));
        return true;
      case 'cancel':
        this.#takeBackCancel(record);
        // The order ended on the way: whoever wanted its cancellation knows of the end.
        return cancels.fail(orderId, error) || isTerminal(record.order.state);
      case 'modify': {
        record.wanted = undefined;
        const { order } = record;
        const isRule = ['book_not_live', 'orders_changed', 'orders_mismatch'].includes(rule);
        if (isRule && modifies.settle(orderId, { status: 'denied', rule, code, text, order }))
          return true;
        return modifies.fail(orderId, error);
      }
    }
  }

  #requestCancel(record: OrderRecord, timeoutMs: number, send: boolean): Promise<CancelOutcome> {
    const { order } = record;
    this.#requireLink(order.asset);
    const outcome = this.#ledger.cancels.add(order.orderId, checkTimeoutMs(timeoutMs), () =>
      this.#ledger.lose(record, 'timeout'),
    );
    record.toCancel = true;
    if (record.cancelRequested) return outcome; // One request serves all who wait for it.
    record.cancelRequested = true;
    // The connector may not have the order yet: its acknowledgement shows that it has. One whose
    // acknowledgement does not come is cancelled at once, and again should it come.
    const isPending = order.state === 'pending_new';
    if (isPending) record.cancelDeferred = true;
    if (send && (!isPending || order.unconfirmed)) this.sendCancel(record);
    this.#ledger.enter(record, requestCancel(progressOf(record)).state);
    return outcome;
  }

  /** The request to cancel an order did not go out, or was refused: it may be made again. */
  #takeBackCancel(record: OrderRecord): void {
    record.cancelRequested = false;
    const next = cancelRefused({ ...progressOf(record), cancelRequested: true });
    this.#ledger.enter(record, next.state);
  }

  /** The one message that was to cancel all did not go out. */
  #cancelAllFailed(asset: number, error: HftError): void {
    let isReported = false;
    for (const record of this.#ledger.store.open(asset)) {
      this.#takeBackCancel(record);
      isReported = this.#ledger.cancels.fail(record.order.orderId, error) || isReported;
    }
    if (!isReported) this.#options.onError(error);
  }

  #track(command: number, kind: Exclude<SentCommand['kind'], 'cancelAll'>, of: OrderRecord): void {
    const { orderId, asset } = of.order;
    if (command === 0) throw queueFull(kind, orderId);
    this.#commands.add(command, { kind, orderId, asset });
  }

  #goodForNs(timeoutMs: number): number {
    const ms = this.#options.orderDeadlineMs ?? timeoutMs;
    return ms === Infinity ? 0 : Math.round(ms * 1e6);
  }

  #open(orderId: bigint, call: string): OrderRecord {
    const record = this.#ledger.store.get(orderId);
    if (record === undefined)
      throw inClient(CommandError.OrderNotFound, `${call}(${String(orderId)})`);
    if (isTerminal(record.order.state)) {
      throw new HftError(
        'ERR_INVALID_ORDER_STATUS',
        `${call}(${String(orderId)}): the order is ${record.order.state} already.`,
        { remedy: 'Nothing was sent. Look at `state` of getOrder(id) first.' },
      );
    }
    return record;
  }

  #requireLink(asset: number): void {
    if (!this.#options.isLinkUp(asset))
      throw inClient(CommandError.ConnectorDown, this.#spec(asset).connector);
  }

  #spec(asset: number): InstrumentSpec {
    const spec = this.#options.instruments[asset];
    if (spec === undefined)
      throw inClient(CommandError.InstrumentNotFound, `asset ${String(asset)}`);
    return spec;
  }
}

function inClient(code: number, operation: string): HftError {
  return errorFromCommand(code, operation, undefined, 'client');
}

const SLOW_DOWN = 'Nothing was sent. Send less at once, or again in a moment.';

function queueFull(kind: string, orderId: bigint): HftError {
  const text = `${kind}Order(${String(orderId)}): the command queue is full.`;
  return new HftError('ERR_QUEUE_FULL', text, { remedy: SLOW_DOWN });
}

/** Price and quantity without the noise of floating point; 0, the price of a market order, stays. */
function onGrid<T extends { readonly price: number; readonly qty: number }>(
  given: T,
  { tickSize, lotSize }: InstrumentSpec,
): T {
  return {
    ...given,
    price: roundToTick(given.price, tickSize),
    qty: roundToTick(given.qty, lotSize),
  };
}
