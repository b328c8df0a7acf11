import { asError } from '../models/as-error.js';
import { resolveBackend } from '../bot/create.js';
import type { BalanceChange } from '../models/balance-change.js';
import { checkOrderId } from '../models/arguments.js';
import { assetOn } from '../models/asset-on.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import { findInstrument, selectInstrument } from '../models/find-instrument.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { NEW_ORDER_KEYS, type NewOrder } from '../models/new-order.js';
import { checkChange, type OrderChange } from '../models/order-change.js';
import { isLinkUp, linkStateFromCode } from '../models/link-state.js';
import { errorFromCommand } from '../models/native-error.js';
import { ordersText, ordersToCode, type OrdersKind } from '../models/orders-kind.js';
import { CommandError } from '../models/record-layout.js';
import { ClientCore } from './client-core.js';
import { ClientEvents } from './client-events.js';
import { ClientTimers } from './client-timers.js';
import type { ClientErrorEvent, ClientState } from './client-event.js';
import type { ClientHealth } from './client-health.js';
import { resolveClientOptions, type LiveClientOptions } from './client-options.js';
import type { ClientOrder } from '../orders/client-order.js';
import type { OpenSession } from './client-session.js';
import { ordersLeftOpen, type OrderLeft } from '../models/order-left.js';
import { type InstrumentState } from './instrument-state.js';
import { openNativeSession } from './native-session.js';
import { checkTimeoutMs } from '../orders/order-checks.js';
import type { CancelOutcome, ModifyOutcome, OrderOutcome } from '../orders/order-outcome.js';
import { readClientHealth } from './read-client-health.js';
import { sendQuotes, type QuoteOutcomes } from './send-quotes.js';
import {
  checkQuoteOptions,
  SEND_QUOTE_KEYS,
  type DesiredQuote,
  type SendQuoteOptions,
} from '../orders/desired-quote.js';
import { openStubSession } from './stub-session.js';

/** Which orders `getOrders` lists. */
export interface OrderListOptions {
  /** Also those that ended and are still kept. Default false. */
  readonly all?: boolean;
}

const LIST_KEYS = knownKeys<OrderListOptions>({ all: true });

/**
 * A live bot for the main thread: typed events from a bot that runs on a worker thread, and orders
 * with honest outcomes.
 *
 * Events come three ways, over the same events: handlers (`on`), async iterators
 * (`stream('trade')`, `events()`; each iterator sees every event) and one queue per kind
 * (`get('trade', timeoutMs)`; each event goes to one taker).
 *
 * A running client keeps the process alive, as a socket does; `unref()` undoes that. `close()`
 * may be called in every state and more than once; so may `await using`.
 *
 * ```ts
 * await using client = new LiveClient({ instruments: [instrument], onError: console.error });
 * await client.start();
 * await client.ready(5_000);
 * const outcome = await client.submitOrder({ side: 'buy', price: 59_000, qty: 0.001 });
 * ```
 */
export class LiveClient extends ClientEvents {
  readonly #core: ClientCore;
  readonly #timers: ClientTimers;
  readonly #openSession: OpenSession | undefined;
  #state: ClientState = 'created';
  #failure: Error | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #startedMs = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: LiveClientOptions);
  /**
   * @param openSession - Replaces the bot, for tests.
   * @internal
   */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- the second one is not public
  constructor(options: LiveClientOptions, openSession: OpenSession | undefined);
  constructor(options: LiveClientOptions, openSession?: OpenSession) {
    const core = new ClientCore(resolveClientOptions(options));
    super(core.hub);
    this.#core = core;
    this.#timers = new ClientTimers(core);
    this.#openSession = openSession;
    const { onConnectionLost, onConnectionRestored, onError } = options;
    if (onConnectionLost !== undefined) this.on('connectionLost', onConnectionLost);
    if (onConnectionRestored !== undefined) this.on('connectionRestored', onConnectionRestored);
    if (onError !== undefined)
      this.on('error', (event: ClientErrorEvent) => onError(event.error, event));
  }

  // ---- life cycle

  /** Where the client is in its life. */
  get state(): ClientState {
    return this.#state;
  }

  /** `undefined` while no session is open. */
  get backend(): 'native' | 'stub' | undefined {
    return this.#core.session?.backend;
  }

  /** Id of the bot on the wire; 0n before the first start when none was given. */
  get botId(): bigint {
    return this.#core.botId;
  }

  /** The instruments, in the order of their asset numbers. */
  get instruments(): readonly InstrumentSpec[] {
    return this.#core.options.instruments;
  }

  /**
   * Starts the bot, and before it the client's own connector if it has one. Resolves when it runs;
   * other connectors need not be there yet, see `ready`.
   * Calling again while it starts or runs does nothing more. May be called again after `stop()`.
   *
   * @throws HftError `ERR_NATIVE_UNAVAILABLE`, `ERR_SHARED_MEMORY`, `ERR_ALREADY_RUNNING` for a
   * `botId` in use, `ERR_CLOSED`, `ERR_INVALID_STATE` after a failure; for the own connector
   * `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED`, `ERR_TIMEOUT`.
   */
  start(): Promise<void> {
    if (this.#closing !== undefined || this.#state === 'closed') {
      return Promise.reject(
        new HftError('ERR_CLOSED', 'the client is closed.', { remedy: 'Make a new one.' }),
      );
    }
    if (this.#state === 'failed') {
      return Promise.reject(
        new HftError('ERR_INVALID_STATE', 'the client failed.', {
          remedy: 'Close it and make a new one.',
          cause: this.#failure,
        }),
      );
    }
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Waits until cancellations that were asked for are answered (`stopWaitMs` at most), then ends the
   * bot, joins its thread, ends its own connector. Takes no new orders meanwhile. What may be open
   * although it was to be cancelled is reported as an error `ERR_ORDERS_LEFT_OPEN`. Events that are queued
   * can still be read. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Stops, ends every iterator and queue, frees everything. Idempotent, never throws. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** As `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Resolves once every connector is connected and every book is live (see `BookState`); where orders
   * are real, once the venue has taken the key and the account's orders are known.
   *
   * @throws HftError `ERR_CONNECTOR_DOWN` after `timeoutMs`, naming what is missing; `ERR_CLOSED`. At
   * once, in the connector's words, when it refuses an instrument: `ERR_INSTRUMENT_NOT_FOUND` for a
   * symbol that it does not know, `ERR_INVALID_ARGUMENT` for sizes that are not the symbol's; and
   * `ERR_ORDERS_MISMATCH` where orders go elsewhere than `requireOrders` demands. Soon after the venue
   * has refused the key of a connector with real orders `ERR_VENUE_REFUSED`.
   */
  ready(timeoutMs: number): Promise<void> {
    checkTimeoutMs(timeoutMs);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stopWatching();
        reject(
          new HftError(
            this.#isBegun() ? 'ERR_CONNECTOR_DOWN' : 'ERR_INVALID_STATE',
            `not ready after ${String(timeoutMs)} ms: ${this.#missing()}.`,
            { remedy: this.#readyRemedy() },
          ),
        );
      }, timeoutMs);
      const stopWatching = this.#core.readiness.whenChanged(() => {
        const dead = this.#closing !== undefined || this.#state === 'failed';
        const refusal = this.#core.readiness.refusal;
        if (!dead && refusal === undefined && !this.#core.isReady) return false;
        clearTimeout(timer);
        if (refusal !== undefined) reject(refusal);
        else if (dead) reject(closedError(this.#state, this.#failure));
        else resolve();
        return true;
      });
    });
  }

  /** Lets the process end while the client runs. */
  unref(): this {
    this.#timers.unref();
    this.#core.connector.unref();
    return this;
  }

  /** A running client keeps the process alive again (the default). */
  ref(): this {
    this.#timers.ref();
    this.#core.connector.ref();
    return this;
  }

  /** Links, latencies, throughput, queues, losses: a snapshot, made now. */
  get health(): ClientHealth {
    const failure = this.#failure?.message ?? '';
    return readClientHealth(this.#core, this.#state, failure, this.#startedMs);
  }

  // ---- state

  /** The book as it stands now, `levels` per side (default 20). */
  snapshot(instrument: string | number = 0, levels = 20): DepthSnapshot {
    return this.#instrument(instrument).snapshot(levels);
  }

  /**
   * Signed quantity, as the connector last reported it: above 0 long, below 0 short.
   *
   * NaN while it is not known: before `ready()`, without a key for the account, and when the venue
   * does not report it (notice 3222). hftbacktest's connectors report no flat position; with them it is
   * 0 until they report another.
   *
   * @throws HftError `ERR_INSTRUMENT_NOT_FOUND`.
   */
  getPosition(instrument: string | number = 0): number {
    return this.#instrument(instrument).position;
  }

  /**
   * Money of a connector's account, as it was last reported.
   *
   * @param coin - Without it the account as a whole, where the venue reports that, else its only coin.
   * @param connector - Default: that of the first instrument.
   * @returns `undefined` when nothing of the kind was reported (yet).
   * @throws HftError `ERR_UNSUPPORTED_BY_CONNECTOR` when the connector is there and reports no
   * balances (hftbacktest's own does not), `ERR_INVALID_ARGUMENT` for an unknown connector.
   */
  getBalance(coin?: string, connector?: string): BalanceChange | undefined {
    return this.#core.balances.get(this.#core.connectorWithBalances(connector), coin);
  }

  /**
   * All balances of a connector's account as they were last reported, one per coin, and the account as
   * a whole where the venue reports that. Arguments and errors as of {@link LiveClient.getBalance}.
   */
  getBalances(connector?: string): readonly BalanceChange[] {
    return this.#core.balances.of(this.#core.connectorWithBalances(connector));
  }

  /** Open orders; with `all` also those that ended and are still kept. */
  getOrders(instrument?: string | number, options: OrderListOptions = {}): ClientOrder[] {
    checkKeys(options, LIST_KEYS, 'options');
    return this.#core.orders.list(
      instrument === undefined ? undefined : this.#asset(instrument),
      options.all === true,
    );
  }

  /** `undefined` when the client does not know it (any more). */
  getOrder(orderId: bigint | number): ClientOrder | undefined {
    return this.#core.orders.get(checkOrderId(orderId));
  }

  // ---- orders

  /**
   * Submits an order and resolves with its first answer; never sends it twice. `denied` means it
   * was not sent, `unknown` that no answer came (yet): the client asks the connector and reports by
   * an `orderUpdate` event. What the order asks for and this version cannot do (`reduceOnly`) is refused
   * by name.
   *
   * @param timeoutMs - How long to wait for the answer before the outcome is `unknown`, ms. Default
   * `answerTimeoutMs`.
   * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_INSTRUMENT_NOT_FOUND`, `ERR_ORDER_ID_EXISTS`,
   * `ERR_CLOSED`, `ERR_INVALID_STATE` before the start. The promise rejects; nothing was sent.
   */
  async submitOrder(order: NewOrder, timeoutMs?: number): Promise<OrderOutcome> {
    this.#requireRunning();
    checkKeys(order, NEW_ORDER_KEYS, 'order');
    const asset = selectInstrument(this.instruments, order.instrument, order.symbol);
    return await this.#core.orders.submit(asset, order, timeoutMs);
  }

  /**
   * Asks to cancel an open order and resolves with what became of it.
   *
   * @param timeoutMs - As of {@link LiveClient.submitOrder}.
   * @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`, `ERR_CONNECTOR_DOWN`,
   * `ERR_INVALID_ARGUMENT`.
   */
  async cancelOrder(orderId: bigint | number, timeoutMs?: number): Promise<CancelOutcome> {
    this.#requireRunning();
    if (timeoutMs !== undefined) checkTimeoutMs(timeoutMs);
    return await this.#core.orders.cancel(checkOrderId(orderId), timeoutMs);
  }

  /** Cancels the open orders of one instrument, or all. One message where the connector can. */
  async cancelAll(instrument?: string | number): Promise<CancelOutcome[]> {
    this.#requireRunning();
    const assets =
      instrument === undefined ? [...this.instruments.keys()] : [this.#asset(instrument)];
    const links = this.#core.session?.port.links() ?? [];
    const outcomes = assets.map((asset) => {
      const link = links.find(({ connector }) => connector === this.instruments[asset]?.connector);
      return this.#core.orders.cancelAll(asset, link?.controlChannel === true);
    });
    return (await Promise.all(outcomes)).flat();
  }

  /**
   * Changes price, quantity or both of an open order.
   *
   * @param timeoutMs - As of {@link LiveClient.submitOrder}.
   * @throws HftError as `cancelOrder`, and `ERR_UNSUPPORTED_BY_CONNECTOR` where the connector has
   * no control channel: nothing was sent then.
   */
  async modifyOrder(
    orderId: bigint | number,
    change: OrderChange,
    timeoutMs?: number,
  ): Promise<ModifyOutcome> {
    this.#requireRunning();
    checkChange(change);
    return await this.#core.orders.modify(checkOrderId(orderId), change, timeoutMs);
  }

  /**
   * Brings the resting orders of one instrument (all of them, those of an earlier run included) to what is
   * desired: compares, counts what is under way, and sends the fewest cancels, changes and new orders; see
   * `planQuotes`. Everything is sent in this turn; resolves when all of it is answered. It may be called again
   * before that: nothing is sent twice. `[]` takes all quotes away.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_OFF_GRID`, `ERR_INSTRUMENT_NOT_FOUND`, `ERR_CLOSED`,
   * `ERR_INVALID_STATE` before the start. The promise rejects; nothing was sent. What keeps a step from being
   * sent is in the result's `denied`.
   */
  async quote(
    desired: readonly DesiredQuote[],
    options: SendQuoteOptions = {},
  ): Promise<QuoteOutcomes> {
    this.#requireRunning();
    checkKeys(options, SEND_QUOTE_KEYS, 'options');
    checkQuoteOptions(options);
    const asset = this.#asset(options.instrument ?? 0);
    const instrument = this.instruments[asset] as InstrumentSpec;
    const links = this.#core.session?.port.links() ?? [];
    const link = links.find(({ connector }) => connector === instrument.connector);
    const canModify = link?.controlChannel === true;
    return await sendQuotes(this.#core.orders, asset, instrument, canModify, desired, options);
  }

  /**
   * Resolves with the order once it ended (`terminal`) or `until` holds for it.
   *
   * @param timeoutMs - Longest wait, ms.
   * @throws HftError `ERR_TIMEOUT`, `ERR_ORDER_NOT_FOUND`, `ERR_CLOSED`, `ERR_INVALID_ARGUMENT`.
   */
  async waitForOrder(
    orderId: bigint | number,
    until: 'terminal' | ((order: ClientOrder) => boolean),
    timeoutMs: number,
  ): Promise<ClientOrder> {
    return await this.#core.orders.waitFor(checkOrderId(orderId), until, timeoutMs);
  }

  /**
   * Agrees that orders to a connector go where they go now, after that has changed (`health.connectors`,
   * the error `ERR_ORDERS_CHANGED`): until then new and changed orders are `denied` by the rule
   * `orders_changed`. Give what `health.connectors` says, so that a second change is not agreed to
   * unseen. Orders that are given after this call are sent.
   *
   * @throws HftError `ERR_ORDERS_CHANGED` when they go elsewhere than said, `ERR_INVALID_ARGUMENT` for
   * an unknown connector or kind of orders, `ERR_QUEUE_FULL`.
   */
  agreeOrders(connector: string, orders: OrdersKind, environment: string): void {
    this.#requireRunning();
    const asset = assetOn(this.instruments, connector);
    const code = ordersToCode(orders);
    const asReported = environment === 'unknown' ? '' : environment;
    const port = this.#core.session?.port;
    const link = port?.links().find((each) => each.connector === connector);
    const what = `agreeOrders(${connector}, ${ordersText(orders, asReported)})`;
    if (link?.orders !== code || link.environment !== asReported)
      throw errorFromCommand(CommandError.OrdersChanged, what, undefined, 'client');
    if (port?.agreeOrders(asset, code, asReported) === 0)
      throw new HftError('ERR_QUEUE_FULL', `${what}: the command queue is full.`, {
        remedy: 'Call it again in a moment.',
      });
  }

  /** Asks the connector for orders, position and book of an instrument again. */
  resync(instrument: string | number = 0): void {
    this.#requireRunning();
    this.#core.session?.port.resync(this.#asset(instrument));
  }

  // ---- inside

  async #start(): Promise<void> {
    this.#enter('starting');
    const { backend, connector, requirement } = this.#core.options;
    try {
      const open =
        this.#openSession ??
        (resolveBackend(backend, { connector, ...requirement }) === 'native'
          ? openNativeSession
          : openStubSession);
      // Made-up prices need no connector.
      if (this.#core.connector.isOwned && open !== openStubSession) {
        await this.#core.connector.start(requirement);
        if (this.#isEnding()) throw endedWhileStarting();
      }
      const session = await this.#core.open(open);
      if (this.#isEnding()) throw endedWhileStarting();
      this.#startedMs = performance.now();
      this.#timers.start(() => this.health);
      this.#enter('running');
      this.#core.beginReading(session);
      void session.ended.then((error) => this.#onEnded(session, error));
    } catch (error) {
      await this.#core.closeSession('closed');
      await this.#core.connector.stop();
      this.#starting = undefined;
      if (this.#state === 'starting') this.#enter('stopped');
      throw error;
    }
  }

  async #stop(): Promise<void> {
    if (this.#starting === undefined) return;
    // A start must not be waited for that waits for a connector.
    if (this.#state === 'starting') await this.#core.connector.stop();
    await this.#starting.catch(() => undefined);
    if (this.#state !== 'running') return;
    this.#enter('stopping');
    const unsettled = await this.#core.settle();
    this.#timers.stop();
    const { session } = this.#core;
    await this.#core.closeSession('closed');
    await this.#core.connector.stop();
    // A connector of its own has the last word; in a process of its own it reports what is left itself.
    const left = this.#core.connector.isOwned
      ? (session?.ordersLeft() ?? [])
      : unsettled.map(orderLeft);
    if (left.length > 0) this.#core.reportError(ordersLeftOpen('the client', left), 'client');
    this.#starting = undefined;
    this.#enter('stopped');
  }

  async #close(): Promise<void> {
    try {
      await this.stop();
    } catch (error) {
      this.#core.reportError(asError(error), 'client');
    }
    this.#timers.stop();
    this.#core.orders.close();
    this.#enter('closed');
    this.#core.hub.end(this.#failure);
  }

  /** The bot ended; when it was not asked to, the client has failed. */
  async #onEnded(session: { close(): Promise<void> }, error: Error | undefined): Promise<void> {
    if (this.#state !== 'running' || this.#isEnding()) return;
    const failure =
      error ??
      new HftError('ERR_NATIVE_UNAVAILABLE', 'the bot ended by itself.', {
        remedy: 'Make a new one.',
      });
    this.#failure = failure;
    this.#timers.stop();
    this.#enter('failed');
    await session.close().catch(() => undefined);
    await this.#core.closeSession('connection_lost');
    await this.#core.connector.stop();
    this.#core.reportError(failure, 'worker');
    this.#core.hub.end(failure);
  }

  #isEnding(): boolean {
    return this.#closing !== undefined || this.#stopping !== undefined;
  }

  #enter(current: ClientState): void {
    const previous = this.#state;
    if (previous === current) return;
    this.#state = current;
    this.#core.hub.emit('state', Object.freeze({ type: 'state', previous, current }));
  }

  #requireRunning(): void {
    if (this.#core.session?.watches === true)
      throw new HftError(
        'ERR_READ_ONLY',
        "the client watches a strategy's run: it sends nothing.",
        {
          remedy: "Orders are the strategy's: its handlers send, change and cancel them.",
        },
      );
    if (this.#state === 'running' && !this.#isEnding()) return;
    if (!this.#isBegun()) {
      throw new HftError('ERR_INVALID_STATE', 'the client is not started.', {
        remedy: 'Await start() first.',
      });
    }
    throw closedError(this.#state === 'running' ? 'stopping' : this.#state, this.#failure);
  }

  #instrument(instrument: string | number): InstrumentState {
    return this.#core.instruments[this.#asset(instrument)] as InstrumentState;
  }

  #asset(instrument: string | number): number {
    return findInstrument(this.instruments, instrument);
  }

  /** By what is missing: a connector that is there need not be started. */
  #readyRemedy(): string {
    if (!this.#isBegun()) return 'Await start() first.';
    const down = (this.#core.session?.port.links() ?? []).filter(
      ({ status }) => !isLinkUp(linkStateFromCode(status)),
    );
    if (down.length > 0) {
      const names = down.map(({ connector }) => connector).join(', ');
      return `Is a connector running under this name (${names})? The option connector starts one with the client`;
    }
    return 'The connector is there: `health.instruments` and its notices say what its venue lacks';
  }

  #missing(): string {
    if (!this.#isBegun()) return 'the client is not started';
    if (this.#state !== 'running') return `the client is ${this.#state}`;
    return this.#core.readiness.missing();
  }

  #isBegun(): boolean {
    return this.#state !== 'created' && this.#state !== 'starting';
  }
}

function endedWhileStarting(): HftError {
  return new HftError('ERR_CLOSED', 'the client was closed while it started.', {
    remedy: 'Make a new one.',
  });
}

/** @param cause - What made it fail; absent where it was closed. */
function closedError(state: string, cause: unknown): HftError {
  return new HftError('ERR_CLOSED', `the client is ${state}.`, {
    remedy: 'Make a new one.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function orderLeft({ symbol, orderId, side, price, leavesQty, state }: ClientOrder): OrderLeft {
  const known = state !== 'pending_new';
  return { symbol, orderId: String(orderId), side, price, leavesQty, known };
}
