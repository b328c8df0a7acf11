import type { ClientHealth } from '../client/client-health.js';
import type { LiveClient } from '../client/live-client.js';
import { clientSamples } from './client-samples.js';
import { ClientListeners } from './client/client-listeners.js';
import { ClientLog } from './client/client-log.js';
import { ClientOutcomes } from './client/client-outcomes.js';
import { clientStateLine } from './client/client-state-line.js';
import { ConnectorTracker } from './client/connector-tracker.js';
import { everySecond } from './every-second.js';
import { figure } from './figure.js';
import { FlowRates } from './flow-rates.js';
import type { Candle } from './history/candle-history.js';
import { FillHistory } from './history/fill-history.js';
import { TradeTape } from './history/trade-tape.js';
import type { AccountView, LiveView, OrderView, PositionView } from './live-view.js';
import { PAGE_LEVELS } from './page-levels.js';
import { queueViews } from './queue-views.js';
import type {
  MetricSample,
  Readiness,
  ServerSource,
  SourceMetrics,
  WsHealth,
} from './server-source.js';
import { SymbolTally } from './symbol-tally.js';
import { UNKNOWN_ACCOUNT } from './view/unknown-account.js';

/** Orders that the page lists; a program with more has another fault than a short list. */
const ORDERS_SHOWN = 500;

/** Shows a `LiveClient`. It listens only; closing the client is its owner's. */
export class ClientSource implements ServerSource {
  readonly title: string;
  readonly #client: LiveClient;
  readonly #listeners: ClientListeners;
  readonly #log: ClientLog;
  readonly #outcomes: ClientOutcomes;
  readonly #connectors = new ConnectorTracker();
  readonly #fills = new FillHistory();
  readonly #tapes: readonly TradeTape[];
  readonly #rates: FlowRates;
  readonly #tally: SymbolTally;
  readonly #positions = everySecond(() => this.#positionsNow());
  readonly #accounts = everySecond(() => this.#accountsNow());

  /** @param title - Shown on the page; default the symbols. */
  constructor(client: LiveClient, title?: string) {
    this.#client = client;
    this.title = title ?? client.instruments.map(({ symbol }) => symbol).join(', ');
    this.#tapes = client.instruments.map(() => new TradeTape());
    this.#tally = new SymbolTally(client);
    this.#listeners = new ClientListeners(client);
    this.#log = new ClientLog(client, this.#listeners);
    this.#outcomes = new ClientOutcomes(this.#listeners);
    this.#listen();
    this.#rates = new FlowRates(() => client.health.throughput);
  }

  /** @inheritDoc */
  wsHealth(): WsHealth {
    const health = this.#client.health;
    const connected = health.connectors.length > 0 && health.connectors.every((c) => c.connected);
    const age = health.lastEventAgeMs;
    return {
      connector: {
        connected,
        last_ts: age === undefined ? null : Date.now() - Math.round(age),
        queue_size: queued(health),
        reconnection_attempts: health.reconnections,
        connector_health: {
          connected,
          subscribed_trades: health.state === 'running',
          subscribed_depth: health.state === 'running',
          event_counter: health.throughput.events,
        },
      },
    };
  }

  /** @inheritDoc */
  metrics(): SourceMetrics {
    const { trade, bookUpdate } = this.#client.health.queues;
    return this.#rates.metrics({ trades: trade?.size ?? 0, depth: bookUpdate?.size ?? 0 });
  }

  /** @inheritDoc */
  samples(): MetricSample[] {
    return clientSamples(this.#client, this.#tally);
  }

  /** @inheritDoc */
  readiness(): Readiness {
    const health = this.#client.health;
    const missing = [
      ...(health.state === 'running' ? [] : [`the client is ${health.state}`]),
      ...health.connectors
        .filter((c) => !c.connected)
        .map((c) => `connector ${c.connector} is not there`),
      ...health.connectors
        .filter((c) => !c.ordersAgreed)
        .map((c) => `orders to ${c.connector} go elsewhere than before`),
      ...health.instruments
        .filter((i) => !i.bookSynced)
        .map((i) => `the book of ${i.symbol} is ${i.bookState}`),
    ];
    return { ready: missing.length === 0, missing };
  }

  /** @inheritDoc */
  candles(instrument: number, sinceSecond: number): readonly Candle[] {
    return this.#tapes[instrument]?.candles.since(sinceSecond) ?? [];
  }

  /** @inheritDoc */
  view(instrument: number): LiveView {
    const client = this.#client;
    const health = client.health;
    const running = health.state === 'running';
    const spec = client.instruments[instrument];
    const book = running ? client.snapshot(instrument, PAGE_LEVELS) : undefined;
    const position = client.getPosition(instrument);
    const { latencyUs, throughput } = health;
    return {
      atMs: Date.now(),
      backend: health.backend,
      uptimeMs: health.uptimeMs,
      state: clientStateLine(health),
      instruments: client.instruments.map(({ symbol }) => symbol),
      markets: client.instruments.map(({ symbol, connector, tickSize, lotSize }) => ({
        ...{ symbol, connector, tickSize, lotSize },
      })),
      instrument,
      connectors: health.connectors.map((connector) => this.#connectors.view(connector)),
      book: {
        bids: book?.bids.map((level) => [level.price, level.qty] as const) ?? [],
        asks: book?.asks.map((level) => [level.price, level.qty] as const) ?? [],
        state: book?.state ?? 'disconnected',
        synced: book?.synced ?? false,
        tickSize: spec?.tickSize ?? 1,
        lotSize: spec?.lotSize ?? 1,
      },
      trades: this.#tapes[instrument]?.trades ?? [],
      orders: this.#orders(),
      fills: this.#fills.fills,
      positions: this.#positions(),
      account: this.#accounts().get(spec?.connector ?? '') ?? UNKNOWN_ACCOUNT,
      position: running && Number.isFinite(position) ? position : undefined,
      pnl: undefined,
      hops: [
        {
          name: 'venue',
          about: 'from the exchange to the connector, by two clocks',
          latency: latencyUs.venue,
        },
        { name: 'feed', about: 'from the connector to the bot', latency: latencyUs.feed },
        { name: 'main', about: 'from the connector to your handler', latency: latencyUs.main },
        { name: 'order', about: 'from your request to its first answer', latency: latencyUs.order },
      ],
      rates: [
        figure('events', throughput.eventsPerSecond, '/s'),
        figure('trades', throughput.tradesPerSecond, '/s'),
        figure('book updates', throughput.bookUpdatesPerSecond, '/s'),
        figure('processor', health.processorUse * 100, ' %'),
      ],
      outcomes: this.#outcomes.figures(health),
      losses: [
        figure('gaps', health.gaps, '', 'warn'),
        figure('lost', health.lost, '', 'warn'),
        figure('dropped', health.dropped, '', 'warn'),
        figure('unreadable', health.decodeErrors, '', 'bad'),
        figure('reconnections', health.reconnections, '', 'warn'),
      ],
      queues: queueViews(health.queues),
      log: this.#log.tail.lines(),
    };
  }

  /** @inheritDoc */
  close(): void {
    this.#rates.close();
    this.#tally.close();
    this.#listeners.close();
  }

  #orders(): OrderView[] {
    return this.#client
      .getOrders()
      .slice(0, ORDERS_SHOWN)
      .map((order) => ({
        id: String(order.orderId),
        market: order.asset,
        side: order.side,
        price: order.price,
        qty: order.qty,
        leavesQty: order.leavesQty,
        state: order.unconfirmed ? `${order.state} (unconfirmed)` : order.state,
        createdMs: order.createdTsMs,
      }));
  }

  #positionsNow(): PositionView[] {
    const client = this.#client;
    const running = client.health.state === 'running';
    return client.instruments.map((_, market) => {
      const { state, synced, bids, asks } = client.snapshot(market, 1);
      const [bid, ask] = [bids[0]?.price, asks[0]?.price];
      const isWhole = running && synced && bid !== undefined && ask !== undefined;
      const qty = client.getPosition(market);
      return {
        market,
        qty: running && Number.isFinite(qty) ? qty : undefined,
        mid: isWhole ? (bid + ask) / 2 : undefined,
        bookState: running ? state : 'disconnected',
        realisedPnl: undefined,
        unrealisedPnl: undefined,
      };
    });
  }

  #accountsNow(): Map<string, AccountView> {
    const reporting = this.#client.health.connectors.filter(
      ({ connected, balances }) => connected && balances,
    );
    return new Map(
      reporting.map(({ connector }) => {
        const balance = this.#client.getBalance(undefined, connector);
        return [
          connector,
          {
            currency: balance?.coin ?? '',
            equity: balance?.equity,
            realisedPnl: undefined,
            unrealisedPnl: balance?.unrealisedPnl,
          },
        ];
      }),
    );
  }

  #listen(): void {
    this.#listeners.on('trade', ({ asset, side, price, qty, exchTsMs: tsMs }) => {
      this.#tapes[asset]?.add({ side, price, qty, tsMs });
    });
    this.#listeners.on('link', (change) => {
      this.#connectors.onLink(change);
    });
    this.#listeners.on('orderUpdate', ({ order: { asset: market, side }, fill }) => {
      if (fill === undefined) return;
      const { price, qty, maker } = fill;
      this.#fills.add({ market, side, price, qty, maker, tsMs: Date.now() });
    });
  }
}

function queued(health: ClientHealth): number {
  return Object.values(health.queues).reduce((sum, queue) => sum + queue.size, health.ringPending);
}
