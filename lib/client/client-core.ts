import { reportsBalances } from '../bot/native-link.js';
import { OrderIdSource } from '../bot/order-id-source.js';
import type { ConnectorError } from '../models/connector-error.js';
import { HftError } from '../models/hft-error.js';
import { linkStateFromCode, isLinkUp } from '../models/link-state.js';
import { noBalances } from '../models/no-balances.js';
import { Balances } from '../models/balances.js';
import { ClientConnector } from './client-connector.js';
import type { ClientOrder } from '../orders/client-order.js';
import type { ClientErrorEvent, ClientEventName } from './client-event.js';
import type { ClientHealth } from './client-health.js';
import { ClientMetrics } from './client-metrics.js';
import type { ResolvedClientOptions } from './client-options.js';
import { ClientReadiness } from './client-readiness.js';
import type { ClientSession, OpenSession } from './client-session.js';
import { ConnectorAccounts } from './connector-accounts.js';
import { ConnectorLinks } from './connector-links.js';
import { ConnectorReports } from './connector-reports.js';
import { EventHub } from './event-hub.js';
import { InstrumentState } from './instrument-state.js';
import { OrderManager } from './order-manager.js';
import { OrderReconciler } from './order-reconciler.js';
import { PressureNotices } from './pressure-notices.js';
import { createRing, RingConsumer } from '../models/ring.js';
import { RecordRouter } from './record-router.js';
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
  readonly readiness: ClientReadiness;
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
  readonly #reports: ConnectorReports;

  constructor(options: ResolvedClientOptions) {
    this.options = options;
    this.botId = options.config.botId;
    this.instruments = options.instruments.map((spec, asset) => new InstrumentState(asset, spec));
    this.links = new ConnectorLinks(options.instruments);
    this.accounts = new ConnectorAccounts(options);
    this.readiness = new ClientReadiness(this.links, this.accounts, this.instruments);
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
      this.reportError(error, 'connector');
    });
    this.orders = this.#makeOrderManager();
    this.#reconciler = new OrderReconciler((asset) => this.orders.askUnconfirmed(asset));
    this.#reports = new ConnectorReports({
      instruments: this.instruments,
      links: this.links,
      accounts: this.accounts,
      balances: this.balances,
      orders: this.orders,
      readiness: this.readiness,
      metrics: this.metrics,
      hub: this.hub,
      snapshotLevels: options.snapshotLevels,
      linksNow: () => this.session?.port.links() ?? [],
      reportError: (error, source, reported) => {
        this.reportError(error, source, reported);
      },
    });
  }

  /** Opens a session; its records wait in the ring until `beginReading`. */
  async open(openSession: OpenSession): Promise<ClientSession> {
    const memory = openSession.ring ?? createRing(this.options.ringCapacity);
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
        this.#reports.onLink(change);
      },
      onBookReady: (asset, ordersKnown) => {
        this.#reports.onBookReady(asset, ordersKnown);
      },
      onBookState: (asset) => {
        this.#reports.onBookState(asset);
      },
      onConnectorError: (error) => {
        this.#reports.onError(error);
      },
      onNotice: (notice) => {
        this.#reports.onNotice(notice);
      },
      monotonicNs: () => monotonicNs(),
    });
    const pump = new RingPump(ring, router, {
      onError: (error) => {
        this.reportError(toError(error), 'client');
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
      config: { ...this.options.config, botId: this.botId, direct: this.connector.direct },
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
    if (this.session === session) this.#reports.adoptLinks();
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
      state.reportedState = 'disconnected';
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
    this.readiness.changed();
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
    const link = this.session?.port.links().find((each) => each.connector === connector);
    if (link !== undefined && isLinkUp(linkStateFromCode(link.status)) && !reportsBalances(link))
      throw noBalances(connector);
    return connector;
  }

  get isReady(): boolean {
    return this.session !== undefined && this.readiness.isReady;
  }

  /** Records that wait between the bot's thread and this one. */
  get ringPending(): number {
    return this.#ring?.pending ?? 0;
  }

  /** Periodic work while running: rates, held-back notices, `health` events. */
  tick(health: () => ClientHealth): void {
    this.metrics.tick();
    this.notices.tick();
    if (this.#ring !== undefined) this.#checkRing(this.#ring);
    if (!this.hub.wants('health')) return;
    this.hub.emit('health', Object.freeze({ type: 'health', health: health() }));
  }

  /** Emits an `error` event; a process warning when there is no listener. */
  reportError(error: Error, source: ClientErrorEvent['source'], reported?: ConnectorError): void {
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

  #makeOrderManager(): OrderManager {
    const { options } = this;
    // The session changes over a client's life, the order manager does not.
    const port = (): ClientSession['port'] => {
      if (this.session === undefined)
        throw new HftError('ERR_CLOSED', 'the client is not running.', {
          remedy: 'Await start() first, or make a new one after close().',
        });
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
        this.reportError(error, 'client');
      },
    });
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
      this.reportError(toError(error), 'handler');
      return;
    }
    // It has no handler: Node's own rule for uncaught exceptions holds, after the other events.
    queueMicrotask(() => {
      throw error;
    });
  }
}

function toError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new HftError('ERR_CUSTOM', String(error), {
        remedy: 'It was thrown by a part that is not of this package: look at `cause`.',
        cause: error,
      });
}
