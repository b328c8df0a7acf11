import { resolveBackend } from '../bot/create.js';
import type { BalanceChange } from '../models/balance-change.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { ClientCore } from './client-core.js';
import { ClientEvents } from './client-events.js';
import { ClientTimers } from './client-timers.js';
import { findInstrument } from './find-instrument.js';
import type { ClientErrorEvent, ClientState } from './client-event.js';
import type { ClientHealth } from './client-health.js';
import { resolveClientOptions, type LiveClientOptions } from './client-options.js';
import type { ClientOrder } from './client-order.js';
import type { OpenSession } from './client-session.js';
import { type InstrumentState } from './instrument-state.js';
import { openNativeSession } from './native-session.js';
import { checkOrderId, checkTimeoutMs } from './order-checks.js';
import type {
  CancelOutcome,
  ClientOrderRequest,
  ModifyOutcome,
  OrderOutcome,
} from './order-outcome.js';
import { openStubSession } from './stub-session.js';

/**
 * A live bot for the main thread: typed events from a bot that runs on a worker thread, and orders
 * with honest outcomes.
 *
 * Events come three ways, over the same events: handlers (`on`), async iterators (`trades()`,
 * `events()`, …; each iterator sees every event) and one queue per kind (`getTrade(timeoutMs)`, …;
 * each event goes to one taker).
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

  /**
   * @param openSession - Replaces the bot; for tests.
   * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option.
   */
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

  /** Ends the bot, joins its thread, ends its own connector; events that are queued can still be read. Idempotent. */
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
   * Resolves once every connector is connected and every book is whole and not stale at the venue.
   *
   * @throws HftError `ERR_CONNECTOR_DOWN` after `timeoutMs`, naming what is missing; `ERR_CLOSED`.
   */
  ready(timeoutMs: number): Promise<void> {
    checkTimeoutMs(timeoutMs);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stopWatching();
        reject(
          new HftError(
            'ERR_CONNECTOR_DOWN',
            `not ready after ${String(timeoutMs)} ms: ${this.#missing()}.`,
            {
              remedy: 'Is the connector running under this name (`connector NAME KIND CONFIG`)?',
            },
          ),
        );
      }, timeoutMs);
      const stopWatching = this.#core.whenReadyChanges(() => {
        const dead = this.#closing !== undefined || this.#state === 'failed';
        if (!dead && !this.#core.isReady) return false;
        clearTimeout(timer);
        if (dead)
          reject(
            new HftError('ERR_CLOSED', `the client is ${this.#state}.`, { cause: this.#failure }),
          );
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
    return this.#core.health(this.#state, this.#failure?.message ?? '', this.#startedMs);
  }

  // ---- state

  /** The book as it stands now, `levels` per side (default 20). */
  snapshot(instrument: string | number = 0, levels = 20): DepthSnapshot {
    return this.#instrument(instrument).snapshot(levels);
  }

  /** Signed quantity, as the connector last told it. */
  getPosition(instrument: string | number = 0): number {
    return this.#instrument(instrument).position;
  }

  /**
   * Money of a connector's account, as it was last told.
   *
   * @param coin - Without it the account as a whole, where the venue tells that, else its only coin.
   * @param connector - Default: that of the first instrument.
   * @returns `undefined` when nothing of the kind was told (yet).
   * @throws HftError `ERR_UNSUPPORTED_BY_CONNECTOR` when the connector is there and tells no
   * balances (hftbacktest's own does not), `ERR_INVALID_ARGUMENT` for an unknown connector.
   */
  getBalance(coin?: string, connector?: string): BalanceChange | undefined {
    return this.#core.balances.get(this.#core.connectorWithBalances(connector), coin);
  }

  /**
   * All balances of a connector's account as they were last told, one per coin, and the account as
   * a whole where the venue tells that. Arguments and errors as of {@link LiveClient.getBalance}.
   */
  getBalances(connector?: string): readonly BalanceChange[] {
    return this.#core.balances.of(this.#core.connectorWithBalances(connector));
  }

  /** Open orders; with `all` also those that ended and are still kept. */
  getOrders(instrument?: string | number, options: { readonly all?: boolean } = {}): ClientOrder[] {
    return this.#core.desk.list(
      instrument === undefined ? undefined : this.#asset(instrument),
      options.all === true,
    );
  }

  /** `undefined` when the client does not know it (any more). */
  getOrder(orderId: bigint | number): ClientOrder | undefined {
    return this.#core.desk.get(checkOrderId(orderId));
  }

  // ---- orders

  /**
   * Submits an order and resolves with its first answer; never sends it twice. `denied` means it
   * was not sent, `unknown` that no answer came (yet): the client asks the connector and tells by
   * an `orderState` event.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_INSTRUMENT_NOT_FOUND`, `ERR_ORDER_ID_EXISTS`,
   * `ERR_CLOSED`, `ERR_INVALID_STATE` before the start. The promise rejects; nothing was sent.
   */
  async submitOrder(request: ClientOrderRequest): Promise<OrderOutcome> {
    this.#requireRunning();
    return await this.#core.desk.submit(this.#asset(request.instrument ?? 0), request);
  }

  /** @throws HftError `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`, `ERR_CONNECTOR_DOWN`. */
  async cancelOrder(orderId: bigint | number, timeoutMs?: number): Promise<CancelOutcome> {
    this.#requireRunning();
    return await this.#core.desk.cancel(checkOrderId(orderId), timeoutMs);
  }

  /** Cancels the open orders of one instrument, or all. One message where the connector can. */
  async cancelAll(instrument?: string | number): Promise<CancelOutcome[]> {
    this.#requireRunning();
    const assets =
      instrument === undefined ? [...this.instruments.keys()] : [this.#asset(instrument)];
    const links = this.#core.session?.port.links() ?? [];
    const outcomes = assets.map((asset) => {
      const link = links.find(({ connector }) => connector === this.instruments[asset]?.connector);
      return this.#core.desk.cancelAll(asset, link?.sideChannel === true);
    });
    return (await Promise.all(outcomes)).flat();
  }

  /**
   * Changes price, quantity or both of an open order.
   *
   * @throws HftError as `cancelOrder`, and `ERR_UNSUPPORTED_BY_CONNECTOR` where the connector has
   * no side channel: nothing was sent then.
   */
  async modifyOrder(
    orderId: bigint | number,
    change: { readonly price?: number; readonly qty?: number },
    timeoutMs?: number,
  ): Promise<ModifyOutcome> {
    this.#requireRunning();
    return await this.#core.desk.modify(checkOrderId(orderId), change, timeoutMs);
  }

  /**
   * Resolves with the order once it ended (`terminal`, the default) or `until` holds for it.
   *
   * @throws HftError `ERR_TIMEOUT`, `ERR_ORDER_NOT_FOUND`, `ERR_CLOSED`.
   */
  async waitForOrder(
    orderId: bigint | number,
    until: 'terminal' | ((order: ClientOrder) => boolean),
    timeoutMs: number,
  ): Promise<ClientOrder> {
    return await this.#core.desk.waitFor(checkOrderId(orderId), until, timeoutMs);
  }

  /** Asks the connector for orders, position and book of an instrument again. */
  resync(instrument: string | number = 0): void {
    this.#requireRunning();
    this.#core.session?.port.resync(this.#asset(instrument));
  }

  // ---- inside

  async #start(): Promise<void> {
    this.#enter('starting');
    try {
      const open =
        this.#openSession ??
        (resolveBackend(this.#core.options.backend) === 'native'
          ? openNativeSession
          : openStubSession);
      // Made-up prices need no connector.
      if (this.#core.connector.isOwned && open !== openStubSession) {
        await this.#core.connector.start();
        if (this.#isEnding()) throw endedWhileStarting();
      }
      const session = await this.#core.open(open);
      if (this.#isEnding()) throw endedWhileStarting();
      this.#startedMs = performance.now();
      this.#timers.start(() => this.#state);
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
    this.#timers.stop();
    await this.#core.closeSession('closed');
    await this.#core.connector.stop();
    this.#starting = undefined;
    this.#enter('stopped');
  }

  async #close(): Promise<void> {
    try {
      await this.stop();
    } catch (error) {
      this.#core.tellError(error instanceof Error ? error : new Error(String(error)), 'client');
    }
    this.#timers.stop();
    this.#core.desk.close();
    this.#enter('closed');
    this.#core.hub.end(this.#failure);
  }

  /** The bot ended; when nobody asked it to, the client has failed. */
  async #onEnded(session: { close(): Promise<void> }, error: Error | undefined): Promise<void> {
    if (this.#state !== 'running' || this.#isEnding()) return;
    const failure = error ?? new HftError('ERR_NATIVE_UNAVAILABLE', 'the bot ended by itself.');
    this.#failure = failure;
    this.#timers.stop();
    this.#enter('failed');
    await session.close().catch(() => undefined);
    await this.#core.closeSession('connection_lost');
    await this.#core.connector.stop();
    this.#core.tellError(failure, 'worker');
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
    if (this.#state === 'running') return;
    if (this.#state === 'created' || this.#state === 'starting') {
      throw new HftError('ERR_INVALID_STATE', 'the client is not started.', {
        remedy: 'Await start() first.',
      });
    }
    throw new HftError(
      'ERR_CLOSED',
      `the client is ${this.#state}.`,
      this.#failure === undefined ? {} : { cause: this.#failure },
    );
  }

  #instrument(instrument: string | number): InstrumentState {
    return this.#core.instruments[this.#asset(instrument)] as InstrumentState;
  }

  #asset(instrument: string | number): number {
    return findInstrument(this.instruments, instrument);
  }

  #missing(): string {
    if (this.#state !== 'running') return `the client is ${this.#state}`;
    const missing = this.#core.instruments.filter(
      (state) => !this.#core.links.isUp(state.asset) || !state.book.trusted || state.feedStale,
    );
    return missing
      .map((state) => {
        if (!this.#core.links.isUp(state.asset))
          return `connector ${state.spec.connector} is not there`;
        const why = state.complaint === '' ? '' : ` (the connector says: ${state.complaint})`;
        const what = state.book.trusted ? 'the venue has no whole book' : 'no whole book';
        return `${what} of ${state.spec.symbol}${why}`;
      })
      .join(', ');
  }
}

function endedWhileStarting(): HftError {
  return new HftError('ERR_CLOSED', 'the client was closed while it started.');
}
