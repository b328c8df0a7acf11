import { connectionHealth, tellsBalances } from '../bot/native-link.js';
import { OrderIdSource } from '../bot/order-id-source.js';
import type { ConnectorError } from '../models/connector-error.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import { HftError } from '../models/hft-error.js';
import type { LinkChange } from '../models/link-change.js';
import { linkStateFromCode, isLinkUp } from '../models/link-state.js';
import { Balances } from '../models/balances.js';
import type { NativeLink } from '../native/addon.js';
import { ClientConnector } from './client-connector.js';
import type { ClientOrder } from './client-order.js';
import type { ClientErrorEvent, ClientEventName, ClientState } from './client-event.js';
import type { ClientHealth } from './client-health.js';
import { ClientMetrics } from './client-metrics.js';
import type { ResolvedClientOptions } from './client-options.js';
import type { ClientSession, OpenSession } from './client-session.js';
import { ConnectorAccounts, REFUSAL_GRACE_MS } from './connector-accounts.js';
import { ConnectorLinks } from './connector-links.js';
import { EventHub } from './event-hub.js';
import { InstrumentState } from './instrument-state.js';
import { OrderManager } from './order-manager.js';
import { OrderReconciler } from './order-reconciler.js';
import { PressureNotices } from './pressure-notices.js';
import { createRing, RingConsumer } from './ring.js';
import { RecordRouter } from './record-router.js';
import { registrationRefusal } from './registration-refusal.js';
import { RingPump } from './ring-pump.js';
import { TokenBucket } from './token-bucket.js';

/**
 * The parts of a client and how they are wired; `LiveClient` is its public face and owns the life
 * cycle. One core lives as long as its client, over all its sessions.
 */
export class ClientCore {
  readonly options: ResolvedClientOptions;
  readonly hub: EventHub;
  readonly metrics = new ClientMetrics();
  readonly instruments: readonly InstrumentState[];
  readonly links: ConnectorLinks;
  readonly orders: OrderManager;
  readonly notices: PressureNotices;
  readonly connector: ClientConnector;
  readonly balances = new Balances();
  readonly accounts: ConnectorAccounts;
  session: ClientSession | undefined;
  /** Kept over a restart, so that the bot's orders stay its own. */
  botId: bigint;
  #ids: OrderIdSource | undefined;
  #ring: RingConsumer | undefined;
  #pump: RingPump | undefined;
  #ringDropped = 0;
  #reading = false;
  #warnedMs = -Infinity;
  readonly #reconciler: OrderReconciler;
  readonly #readyWaiters = new Set<() => void>();

  constructor(options: ResolvedClientOptions) {
    this.options = options;
    this.botId = options.config.botId;
    this.instruments = options.instruments.map((spec, asset) => new InstrumentState(asset, spec));
    this.links = new ConnectorLinks(options.instruments);
    this.accounts = new ConnectorAccounts(options);
    this.hub = new EventHub({
      queues: options.queues,
      streamCapacity: options.streamCapacity,
      onPressure: (queue, kind, count) => {
        if (kind === 'dropped') this.notices.add(queue, count);
        else this.hub.emit('alarm', Object.freeze({ type: 'alarm', queue, size: count }));
      },
      onHandlerError: (error, name) => {
        this.#onHandlerError(error, name);
      },
    });
    this.notices = new PressureNotices((notice) => {
      this.hub.emit('dropped', notice);
    });
    this.connector = new ClientConnector(options.connector, this.hub, (error) => {
      this.tellError(error, 'connector');
    });
    this.orders = this.#makeOrderManager();
    this.#reconciler = new OrderReconciler((asset) => this.orders.askUnconfirmed(asset));
  }

  /** Opens a session; its records wait in the ring until `beginReading`. */
  async open(openSession: OpenSession): Promise<ClientSession> {
    const memory = createRing(this.options.ringCapacity);
    const ring = new RingConsumer(memory);
    this.#ring = ring;
    this.#ringDropped = 0;
    let monotonicNs = (): number => 0;
    const router = new RecordRouter({
      specs: this.options.instruments,
      instruments: this.instruments,
      hub: this.hub,
      metrics: this.metrics,
      orders: this.orders,
      balances: this.balances,
      onLink: (change) => {
        this.#onLink(change);
      },
      onBookReady: (asset, ordersKnown) => {
        this.#onBookReady(asset, ordersKnown);
      },
      onBookState: (asset) => {
        this.#onBookState(asset);
      },
      onConnectorError: (told) => {
        this.#onConnectorError(told);
      },
      onNotice: (notice) => {
        this.#onNotice(notice);
      },
      monotonicNs: () => monotonicNs(),
    });
    const pump = new RingPump(ring, router, {
      onError: (error) => {
        this.tellError(toError(error), 'client');
      },
      afterTurn: () => {
        this.#checkRing(ring);
      },
    });
    this.#pump = pump;
    const session = await openSession({
      ring: memory,
      // Nothing is reported before the client runs: handlers may want to send orders.
      onWake: () => {
        if (this.#reading) pump.wake();
      },
      instruments: this.options.instruments,
      config: { ...this.options.config, botId: this.botId },
      depth: this.options.depth,
      stub: this.options.stub,
      requirement: this.options.requirement,
    });
    monotonicNs = session.monotonicNs;
    this.session = session;
    this.botId = session.botId;
    this.#ids ??= new OrderIdSource(session.botId);
    return session;
  }

  /** Starts to report events. */
  beginReading(session: ClientSession): void {
    this.#reading = true;
    this.#pump?.wake();
    // A handler of those events may have closed the client.
    if (this.session === session) this.#adoptLinks(session);
  }

  /**
   * Waits, `stopWaitMs` at most, until cancellations that were asked for are answered, and returns the
   * orders that may be open all the same.
   */
  async settle(): Promise<readonly ClientOrder[]> {
    await this.orders.cancelsAnswered(this.options.stopWaitMs);
    return this.orders.leftToCancel();
  }

  /** Ends the session: its last records are still read. */
  async closeSession(reason: 'closed' | 'connection_lost'): Promise<void> {
    const session = this.session;
    this.#reading = false;
    this.#reconciler.close();
    if (session !== undefined) await session.close();
    this.#pump?.drainAll();
    this.#pump?.stop();
    this.session = undefined;
    const assets = new Set(this.instruments.map((_, asset) => asset));
    for (const state of this.instruments) {
      state.book.synced = false;
      state.toldState = 'disconnected';
    }
    for (const connector of this.links.dropAll()) {
      if (reason === 'closed') continue;
      const symbols = this.options.instruments
        .filter((spec) => spec.connector === connector)
        .map((spec) => spec.symbol);
      this.hub.emit(
        'connectionLost',
        Object.freeze({ type: 'connectionLost', connector, symbols, reason: 'worker' }),
      );
    }
    this.orders.onLinkLost(assets, reason);
    this.#wakeReady();
  }

  /**
   * The connector meant, default that of the first instrument.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown one, `ERR_UNSUPPORTED_BY_CONNECTOR` when
   * it is there and reports no balances.
   */
  connectorWithBalances(name?: string): string {
    const { instruments } = this.options;
    const connector = name ?? instruments[0]?.connector ?? '';
    if (!instruments.some((spec) => spec.connector === connector)) {
      throw new HftError('ERR_INVALID_ARGUMENT', `connector: ${connector} is not known here.`, {
        remedy: 'Give the name of a connector of one of the instruments.',
      });
    }
    const link = this.#linkOf(connector);
    if (link !== undefined && isLinkUp(linkStateFromCode(link.status)) && !tellsBalances(link)) {
      throw new HftError(
        'ERR_UNSUPPORTED_BY_CONNECTOR',
        `the connector ${connector} tells no balances.`,
        { remedy: "Use this package's connector, of this version." },
      );
    }
    return connector;
  }

  /** Why an instrument can never become ready as it is described; `undefined` while none is refused. */
  get refusal(): HftError | undefined {
    return this.instruments.find(({ refusal }) => refusal !== undefined)?.refusal;
  }

  get isReady(): boolean {
    return (
      this.session !== undefined &&
      this.links.allUp &&
      this.accounts.missing() === '' &&
      this.instruments.every((state) => state.bookState === 'live')
    );
  }

  /** Runs `check` now and whenever readiness may have changed, until it returns true. */
  whenReadyChanges(check: () => boolean): () => void {
    const waiter = (): void => {
      if (check()) this.#readyWaiters.delete(waiter);
    };
    this.#readyWaiters.add(waiter);
    waiter();
    return () => this.#readyWaiters.delete(waiter);
  }

  /** Periodic work while running: rates, held-back notices, `health` events. */
  tick(state: ClientState): void {
    this.metrics.tick();
    this.notices.tick();
    if (this.#ring !== undefined) this.#checkRing(this.#ring);
    if (this.hub.wants('health'))
      this.hub.emit('health', Object.freeze({ type: 'health', health: this.health(state, '', 0) }));
  }

  /** Emits an `error` event; a process warning when there is no listener. */
  tellError(error: Error, source: ClientErrorEvent['source'], reported?: ConnectorError): void {
    if (!this.hub.wants('error') && performance.now() - this.#warnedMs >= 1_000) {
      this.#warnedMs = performance.now();
      process.emitWarning(`${error.message} (give the client an onError to handle this)`, {
        code: 'HFTBACKTEST_LIVE_ERROR',
      });
    }
    this.hub.emit(
      'error',
      Object.freeze({
        type: 'error',
        error,
        source,
        ...(reported === undefined ? {} : { reported }),
      }),
    );
  }

  health(state: ClientState, failure: string, startedMs: number): ClientHealth {
    const { metrics, session } = this;
    const bot = session?.port.stats() ?? undefined;
    const now = performance.now();
    const age = (sinceMs: number): number | undefined =>
      Number.isNaN(sinceMs) ? undefined : now - sinceMs;
    return {
      backend: session?.backend,
      state,
      failure,
      connectors: (session?.port.links() ?? []).map(connectionHealth),
      connectorProcess: this.connector.health,
      instruments: this.instruments.map((instrument) => ({
        symbol: instrument.spec.symbol,
        connector: instrument.spec.connector,
        bookState: instrument.bookState,
        bookSynced: instrument.bookState === 'live',
        lastEventAgeMs: age(instrument.lastEventMs),
      })),
      latencyUs: {
        venue: metrics.venue.summary(),
        feed: metrics.feed.summary(),
        main: metrics.main.summary(),
        order: metrics.order.summary(),
      },
      throughput: metrics.throughput(),
      queues: this.hub.health(),
      ringPending: this.#ring?.pending ?? 0,
      dropped: this.notices.total,
      bot,
      gaps: metrics.gaps,
      lost: metrics.lost,
      decodeErrors: bot?.decodeErrors ?? 0,
      reconnections: metrics.reconnections,
      lastEventAgeMs: age(metrics.lastEventMs),
      ordersSubmitted: this.orders.submitted,
      fills: this.orders.fills,
      uptimeMs: startedMs === 0 ? 0 : now - startedMs,
    };
  }

  #makeOrderManager(): OrderManager {
    const { options } = this;
    // The session changes over a client's life, the order manager does not.
    const port = (): ClientSession['port'] => {
      if (this.session === undefined)
        throw new HftError('ERR_CLOSED', 'the client is not running.');
      return this.session.port;
    };
    const ids = (): OrderIdSource => (this.#ids ??= new OrderIdSource(this.botId));
    return new OrderManager({
      instruments: options.instruments,
      get port() {
        return port();
      },
      nextId: () => ids().next(),
      limiter:
        options.orderRateLimit === undefined ? undefined : new TokenBucket(options.orderRateLimit),
      keepTerminalOrders: options.keepTerminalOrders,
      answerTimeoutMs: options.answerTimeoutMs,
      orderDeadlineMs: options.orderDeadlineMs,
      readOnly: options.readOnly,
      latency: this.metrics.order,
      isLinkUp: (asset) => this.links.isUp(asset),
      canSend: () => this.#reading,
      onChange: (change) => {
        this.hub.emit('orderUpdate', change);
      },
      onUnconfirmed: (asset) => {
        this.#reconciler.onUnconfirmed(asset);
      },
      onError: (error) => {
        this.tellError(error, 'client');
      },
    });
  }

  #onLink(change: LinkChange): void {
    const effect = this.links.apply(change);
    // The answers to the registrations that follow bring them anew.
    if (change.state === 'connected' || change.state === 'restarted') {
      this.accounts.meet(change.connector, this.#linkOf(change.connector));
      this.balances.forget(change.connector);
      for (const asset of this.links.assetsOf(change.connector)) this.#forgetRefusal(asset);
    }
    this.accounts.onLink(change);
    if (effect.lost) {
      const assets = this.links.assetsOf(change.connector);
      for (const asset of assets) {
        const state = this.instruments[asset];
        if (state !== undefined) state.book.synced = false;
      }
      this.orders.onLinkLost(assets, 'connection_lost');
    }
    this.hub.emit('link', change);
    for (const tell of effect.tell) {
      if (tell.type === 'connectionLost') {
        this.hub.emit('connectionLost', tell);
      } else {
        if (tell.reason === 'connector') this.metrics.reconnections += 1;
        this.hub.emit('connectionRestored', tell);
      }
    }
    this.#wakeReady();
  }

  #onBookState(asset: number): void {
    const state = this.instruments[asset];
    if (state?.bookState === 'live') {
      state.complaint = '';
      state.refusal = undefined;
    }
    this.#wakeReady();
  }

  /** The connector that came judges the instrument anew. */
  #forgetRefusal(asset: number): void {
    const state = this.instruments[asset];
    if (state !== undefined) state.refusal = undefined;
  }

  #onBookReady(asset: number, ordersKnown: boolean): void {
    this.accounts.onBookReady(this.options.instruments[asset]?.connector ?? '', ordersKnown);
    const state = this.instruments[asset];
    if (state !== undefined && this.hub.wants('snapshot'))
      this.hub.emit('snapshot', state.snapshot(this.options.snapshotLevels));
    this.#wakeReady();
  }

  #onConnectorError(reported: ConnectorError): void {
    const code =
      reported.kind === 'connection_interrupted' || reported.kind === 'critical_connection_error'
        ? 'ERR_CONNECTOR_DOWN'
        : 'ERR_CUSTOM';
    const about = this.instruments[reported.asset];
    if (about !== undefined && about.bookState !== 'live') {
      about.complaint = reported.text;
      about.refusal = registrationRefusal(reported, about.spec);
    }
    const number = reported.value === 0n ? '' : ` ${String(reported.value)}`;
    this.tellError(
      new HftError(
        code,
        `${reported.symbol}: the connector reported ${reported.kind}${number}: ${reported.text || 'no text'}.`,
      ),
      'connector',
      reported,
    );
    if (about?.refusal !== undefined) this.#wakeReady();
  }

  /** Links that the bot made before its records had a ring to go to, should there be any. */
  #adoptLinks(session: ClientSession): void {
    for (const link of session.port.links()) {
      const asset = this.options.instruments.findIndex((spec) => spec.connector === link.connector);
      const state = linkStateFromCode(link.status);
      if (asset < 0 || !isLinkUp(state) || this.links.isUp(asset)) continue;
      const symbol = this.options.instruments[asset]?.symbol ?? '';
      this.#onLink(
        Object.freeze({
          type: 'link',
          state: 'connected',
          asset,
          symbol,
          connector: link.connector,
          epoch: link.epoch,
          socket: undefined,
          text: '',
        }),
      );
    }
  }

  /** Counts what did not fit into the ring. The bot sends the books anew by itself. */
  #checkRing(ring: RingConsumer): void {
    const dropped = ring.dropped;
    const lost = (dropped - this.#ringDropped) >>> 0;
    if (lost === 0) return;
    this.#ringDropped = dropped;
    this.notices.add('ring', lost);
  }

  #onHandlerError(error: unknown, name: ClientEventName): void {
    if (name !== 'error' && this.hub.handlerCount('error') > 0) {
      this.tellError(toError(error), 'handler');
      return;
    }
    // Nobody takes it: Node's own rule for uncaught exceptions holds, after the other events.
    queueMicrotask(() => {
      throw error;
    });
  }

  #linkOf(connector: string): NativeLink | undefined {
    return this.session?.port.links().find((each) => each.connector === connector);
  }

  /** Something was reported that no other event carries: a refused key, orders that go elsewhere. */
  #onNotice(notice: ConnectorNotice): void {
    this.hub.emit('notice', notice);
    const error = this.accounts.onNotice(notice, this.#linkOf(notice.connector));
    if (error !== undefined) this.tellError(error, 'connector');
    this.#wakeReady();
    // A refused key fails `ready()` once it has had time to be accepted after all.
    setTimeout(() => {
      this.#wakeReady();
    }, REFUSAL_GRACE_MS + 50).unref();
  }

  #wakeReady(): void {
    for (const waiter of [...this.#readyWaiters]) waiter();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new HftError('ERR_CUSTOM', String(error), { cause: error });
}
