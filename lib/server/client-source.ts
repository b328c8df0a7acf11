import type { ClientHandler } from '../client/event-hub.js';
import type { ClientEventName } from '../client/client-event.js';
import type { ClientHealth } from '../client/client-health.js';
import type { LiveClient } from '../client/live-client.js';
import { isLinkUp } from '../models/link-state.js';
import { ordersText } from '../models/orders-kind.js';
import { clientSamples } from './client-samples.js';
import { figure } from './figure.js';
import { FlowRates } from './flow-rates.js';
import type { ConnectorView, LiveView, StateLine } from './live-view.js';
import { LogTail } from './log-tail.js';
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
import { TradeTape } from './trade-tape.js';

/** A book that has not changed for longer is mentioned. */
const QUIET_MS = 5_000;

/** Shows a `LiveClient`. It listens only; closing the client is its owner's. */
export class ClientSource implements ServerSource {
  readonly title: string;
  readonly #client: LiveClient;
  readonly #log = new LogTail();
  readonly #tapes: TradeTape[];
  readonly #rates: FlowRates;
  readonly #tally: SymbolTally;
  readonly #takeOff: (() => void)[] = [];

  /** @param title - Shown on the page; default the symbols. */
  constructor(client: LiveClient, title?: string) {
    this.#client = client;
    this.title = title ?? client.instruments.map(({ symbol }) => symbol).join(', ');
    this.#tapes = client.instruments.map(() => new TradeTape());
    this.#tally = new SymbolTally(client);
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
  view(instrument: number): LiveView {
    const client = this.#client;
    const health = client.health;
    const running = health.state === 'running';
    const spec = client.instruments[instrument];
    const book = running ? client.snapshot(instrument, PAGE_LEVELS) : undefined;
    const position = client.getPosition(instrument);
    return {
      atMs: Date.now(),
      backend: health.backend,
      uptimeMs: health.uptimeMs,
      state: stateOf(health),
      instruments: client.instruments.map(({ symbol }) => symbol),
      instrument,
      connectors: health.connectors.map(connectorView),
      book: {
        bids: book?.bids.map((level) => [level.price, level.qty] as const) ?? [],
        asks: book?.asks.map((level) => [level.price, level.qty] as const) ?? [],
        state: book?.state ?? 'disconnected',
        synced: book?.synced ?? false,
        tickSize: spec?.tickSize ?? 1,
        lotSize: spec?.lotSize ?? 1,
      },
      trades: this.#tapes[instrument]?.trades ?? [],
      orders: client.getOrders(instrument).map((order) => ({
        id: String(order.orderId),
        side: order.side,
        price: order.price,
        qty: order.qty,
        leavesQty: order.leavesQty,
        state: order.unconfirmed ? `${order.state} (unconfirmed)` : order.state,
      })),
      position: running && Number.isFinite(position) ? position : undefined,
      pnl: undefined,
      hops: [
        {
          name: 'venue',
          about: 'venue to connector (two clocks)',
          latency: health.latencyUs.venue,
        },
        { name: 'feed', about: 'published to taken by the bot', latency: health.latencyUs.feed },
        { name: 'main', about: 'published to your handler', latency: health.latencyUs.main },
        { name: 'order', about: 'submit to first answer', latency: health.latencyUs.order },
      ],
      rates: [
        figure('events', health.throughput.eventsPerSecond, '/s'),
        figure('trades', health.throughput.tradesPerSecond, '/s'),
        figure('book updates', health.throughput.bookUpdatesPerSecond, '/s'),
        figure('processor', health.processorUse * 100, ' %'),
        figure('orders sent', health.ordersSubmitted),
        figure('fills', health.fills),
      ],
      losses: [
        figure('gaps', health.gaps, '', 'warn'),
        figure('lost', health.lost, '', 'warn'),
        figure('dropped', health.dropped, '', 'warn'),
        figure('unreadable', health.decodeErrors, '', 'bad'),
        figure('reconnections', health.reconnections, '', 'warn'),
      ],
      queues: queueViews(health.queues),
      log: this.#log.lines(),
    };
  }

  /** @inheritDoc */
  close(): void {
    this.#rates.close();
    this.#tally.close();
    for (const off of this.#takeOff.splice(0)) off();
  }

  #on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): void {
    this.#client.on(name, handler);
    this.#takeOff.push(() => {
      this.#client.off(name, handler);
    });
  }

  #listen(): void {
    const log = this.#log;
    this.#on('trade', ({ asset, side, price, qty, exchTsMs: tsMs }) => {
      this.#tapes[asset]?.add({ side, price, qty, tsMs });
    });
    this.#on('connectionLost', ({ connector, reason }) => {
      log.add('bad', `connector ${connector}: connection lost (${reason})`);
    });
    this.#on('connectionRestored', ({ connector, reason }) => {
      log.add('ok', `connector ${connector}: connection restored (${reason})`);
    });
    this.#on('gap', (gap) => {
      log.add('warn', `messages were lost: ${JSON.stringify(gap, plain)}`);
    });
    this.#on('bookState', ({ symbol, state }) => {
      log.add(state === 'live' ? 'ok' : 'warn', `the book of ${symbol} is ${state}`);
    });
    this.#on('dropped', ({ queue, count }) => {
      log.add('warn', `queue ${queue} dropped ${String(count)}`);
    });
    this.#on('alarm', ({ queue, size }) => {
      log.add('warn', `queue ${queue} holds ${String(size)}: its consumer is too slow`);
    });
    this.#on('error', ({ error, source }) => {
      log.add('bad', `${source}: ${error.message}`);
    });
    this.#on('state', ({ current }) => {
      log.add(current === 'failed' ? 'bad' : 'ok', `the client is ${current}`);
    });
    this.#on('orderUpdate', ({ order, current, fill }) => {
      const lotSize = this.#client.instruments[order.asset]?.lotSize ?? 1;
      // Whole lots: a sum of floats shows its last digits otherwise.
      const lots = (qty: number): string =>
        String(Number((Math.round(qty / lotSize) * lotSize).toFixed(12)));
      const what = `${order.side} ${lots(order.qty)} at ${String(order.price)}`;
      if (current === 'rejected') log.add('warn', `${what} rejected: ${order.reject?.text ?? ''}`);
      else if (fill !== undefined) log.add('ok', `${what}: filled ${lots(fill.qty)}`);
    });
  }
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function queued(health: ClientHealth): number {
  return Object.values(health.queues).reduce((sum, queue) => sum + queue.size, health.ringPending);
}

function connectorView(connector: ClientHealth['connectors'][number]): ConnectorView {
  const { state, pid, heartbeatAgeMs, version } = connector;
  const { orders, environment, ordersAgreed } = connector;
  const troubled = state === 'venue_down' || state === 'feed_stale';
  const level = !isLinkUp(state) || !ordersAgreed ? 'bad' : troubled ? 'warn' : 'ok';
  const where = `orders ${ordersText(orders, environment)}${ordersAgreed ? '' : ', CHANGED and not agreed to'}`;
  return {
    name: connector.connector,
    level,
    text: `${state.replace('_', ' ')}, ${where}${version === '' ? '' : `, version ${version}`}`,
    pid: pid ?? undefined,
    heartbeatAgeMs: heartbeatAgeMs ?? undefined,
  };
}

function stateOf(health: ClientHealth): StateLine {
  if (health.state !== 'running') {
    const why = health.failure === '' ? '' : `: ${health.failure}`;
    return {
      level: health.state === 'starting' ? 'warn' : 'bad',
      text: `client ${health.state}${why}`,
    };
  }
  const gone = health.connectors.find((connector) => !connector.connected);
  if (gone !== undefined)
    return { level: 'bad', text: `connector ${gone.connector} is not there (${gone.state})` };
  const other = health.connectors.find((connector) => !connector.ordersAgreed);
  if (other !== undefined)
    return {
      level: 'bad',
      text: `orders to ${other.connector} are ${ordersText(other.orders, other.environment)} now: denied until agreed to`,
    };
  const down = health.connectors.find(({ state }) => state === 'venue_down');
  if (down !== undefined)
    return { level: 'bad', text: `connector ${down.connector} lost its venue` };
  const broken = health.instruments.find((instrument) => !instrument.bookSynced);
  if (broken !== undefined)
    return { level: 'warn', text: `the book of ${broken.symbol} is ${broken.bookState}` };
  const quiet = health.instruments.find(({ lastEventAgeMs }) => (lastEventAgeMs ?? 0) > QUIET_MS);
  if (quiet !== undefined)
    return {
      level: 'warn',
      text: `nothing from ${quiet.symbol} for ${String(Math.round((quiet.lastEventAgeMs ?? 0) / 1000))} s`,
    };
  return { level: 'ok', text: 'live' };
}
