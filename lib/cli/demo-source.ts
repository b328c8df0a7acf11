import type { LatencySummary } from '../models/latency-histogram.js';
import { ordersText } from '../models/orders-kind.js';
import { figure } from '../server/figure.js';
import { FlowRates } from '../server/flow-rates.js';
import type { LiveView, TradeView } from '../server/live-view.js';
import { latencySamples } from '../server/latency-samples.js';
import { LogTail } from '../server/log-tail.js';
import type {
  MetricSample,
  Readiness,
  ServerSource,
  SourceMetrics,
  WsHealth,
} from '../server/server-source.js';
import { TAPE_LENGTH } from '../server/trade-tape.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import type { DemoState } from './demo-state.js';

/** The strategy reports its state ten times a second: a silence like this is a fault. */
const SILENT_MS = 2_000;

/** What the demo's page needs to know beforehand. */
export interface DemoSourceOptions {
  readonly symbol: string;
  readonly tickSize: number;
  readonly lotSize: number;
  readonly backend: 'native' | 'stub';
  readonly connector: string;
}

/**
 * The demo for the live page: fed with what its strategy reports to the terminal anyway, so that the page
 * costs the strategy nothing.
 */
export class DemoSource implements ServerSource {
  readonly title: string;
  readonly #options: DemoSourceOptions;
  readonly #log = new LogTail();
  readonly #startedMs = Date.now();
  #tape: TradeView[] = [];
  #state: DemoState | undefined;
  #summary: StrategySummary | undefined;
  readonly #flow = new FlowRates(() => ({
    trades: this.#summary?.trades ?? 0,
    bookUpdates: this.#summary?.levels ?? 0,
  }));
  #eventsPerSecond = 0;
  #updatedMs = 0;
  #isDown = '';

  constructor(options: DemoSourceOptions) {
    this.title = options.symbol;
    this.#options = options;
    this.#log.add('ok', `the demo runs on ${options.backend}, connector ${options.connector}`);
  }

  /** Takes what the strategy reported. */
  update(state: DemoState, summary: StrategySummary | undefined, eventsPerSecond: number): void {
    const { book } = state;
    if (this.#state !== undefined && book !== this.#state.book)
      this.#log.add(book === 'live' ? 'ok' : 'warn', `the book is ${book}`);
    const gaps = summary?.gaps ?? 0;
    if (gaps > (this.#summary?.gaps ?? 0)) this.#log.add('warn', `gaps: ${String(gaps)}`);
    this.#tape = merged(this.#tape, state.tape);
    this.#state = state;
    this.#summary = summary;
    this.#eventsPerSecond = eventsPerSecond;
    this.#updatedMs = Date.now();
  }

  /** The connector is gone, or back when `why` is empty. */
  setDown(why: string): void {
    if (why !== '') this.#log.add('bad', why);
    else if (this.#isDown !== '') this.#log.add('ok', 'the connector runs again');
    this.#isDown = why;
  }

  /** @inheritDoc */
  wsHealth(): WsHealth {
    const connected = this.#isDown === '' && this.#state !== undefined;
    return {
      connector: {
        connected,
        last_ts: this.#updatedMs === 0 ? null : this.#updatedMs,
        queue_size: 0,
        reconnection_attempts: 0,
        connector_health: {
          connected,
          subscribed_trades: true,
          subscribed_depth: true,
          event_counter: this.#summary?.events ?? 0,
        },
      },
    };
  }

  /** @inheritDoc */
  metrics(): SourceMetrics {
    return this.#flow.metrics({ trades: 0, depth: 0 });
  }

  /** @inheritDoc */
  samples(): MetricSample[] {
    const summary = this.#summary;
    if (summary === undefined) return [];
    const { symbol, connector } = this.#options;
    const labels = { symbol, connector };
    const counters = ['events', 'trades', 'ordersSubmitted', 'fills', 'gaps', 'lost', 'dropped'];
    const gauge = (name: string, help: string, value: number): MetricSample => ({
      name,
      help,
      kind: 'gauge',
      value,
      labels,
    });
    return [
      ...counters.map((name) => ({
        name: `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`,
        help: `Sum of ${name} since the start.`,
        kind: 'counter' as const,
        value: Number(summary[name as keyof StrategySummary]),
        labels,
      })),
      gauge('position', 'Signed position in units of the symbol.', this.#state?.position ?? NaN),
      gauge(
        'pnl',
        'Cash of the fills plus the position at the mid price, before fees, in units of the quote currency.',
        this.#state?.pnl ?? NaN,
      ),
      gauge('open_orders', 'Own orders that have not ended.', this.#state?.quotes.length ?? 0),
      ...latencySamples(
        'latency_seconds',
        'Latency per hop since the start.',
        summary.feedLatency,
        {
          hop: 'feed',
        },
      ),
      ...latencySamples(
        'latency_seconds',
        'Latency per hop since the start.',
        summary.orderLatency,
        {
          hop: 'order',
        },
      ),
    ];
  }

  /** @inheritDoc */
  readiness(): Readiness {
    const state = this.#stateLine();
    return state.level === 'ok'
      ? { ready: true, missing: [] }
      : { ready: false, missing: [state.text] };
  }

  /** @inheritDoc */
  view(): LiveView {
    const { symbol, tickSize, lotSize, backend, connector } = this.#options;
    const state = this.#state;
    const summary = this.#summary;
    const line = this.#stateLine();
    return {
      atMs: Date.now(),
      backend,
      uptimeMs: Date.now() - this.#startedMs,
      state: line,
      instruments: [symbol],
      instrument: 0,
      connectors: [
        {
          name: connector,
          level: this.#isDown === '' ? 'ok' : 'bad',
          text: this.#isDown === '' ? connectedText(state) : this.#isDown,
          pid: undefined,
          heartbeatAgeMs: undefined,
        },
      ],
      book: {
        bids: state?.bids ?? [],
        asks: state?.asks ?? [],
        state: state?.book ?? 'disconnected',
        synced: state?.book === 'live',
        tickSize,
        lotSize,
      },
      trades: this.#tape,
      orders: (state?.quotes ?? []).map((quote, index) => ({
        id: String(index),
        side: quote.side,
        price: quote.price,
        qty: quote.leavesQty,
        leavesQty: quote.leavesQty,
        state: quote.cancelling ? 'cancelling' : 'open',
      })),
      position: state?.position ?? 0,
      pnl: state?.pnl,
      hops: [
        hop('feed', 'published to the strategy’s handler', summary?.feedLatency),
        hop('order', 'request to first answer', summary?.orderLatency),
      ],
      rates: [
        figure('events', this.#eventsPerSecond, '/s'),
        figure('trades', this.#flow.trades.perSecond, '/s'),
        figure('book updates', this.#flow.depth.perSecond, '/s'),
        figure('orders sent', summary?.ordersSubmitted ?? 0),
        figure('fills', summary?.fills ?? 0),
      ],
      losses: [
        figure('gaps', summary?.gaps ?? 0, '', 'warn'),
        figure('lost', summary?.lost ?? 0, '', 'warn'),
        figure('dropped', summary?.dropped ?? 0, '', 'warn'),
        figure('handler errors', summary?.handlerErrors ?? 0, '', 'bad'),
        figure('connector errors', summary?.connectorErrors ?? 0, '', 'warn'),
      ],
      queues: [],
      log: this.#log.lines(),
    };
  }

  /** @inheritDoc */
  close(): void {
    this.#flow.close();
  }

  #stateLine(): LiveView['state'] {
    if (this.#isDown !== '') return { level: 'bad', text: this.#isDown };
    if (this.#state === undefined) return { level: 'warn', text: 'waiting for the first book' };
    if (Date.now() - this.#updatedMs > SILENT_MS)
      return { level: 'bad', text: 'the strategy is silent' };
    const { book } = this.#state;
    return book === 'live'
      ? { level: 'ok', text: 'live' }
      : { level: 'warn', text: `the book is ${book}` };
  }
}

function connectedText(state: DemoState | undefined): string {
  return state === undefined
    ? 'connected'
    : `connected, orders ${ordersText(state.orders, state.environment)}`;
}

/** The strategy keeps few trades; the page shows more of them. Both newest first. */
function merged(known: readonly TradeView[], reported: readonly TradeView[]): TradeView[] {
  const newest = known[0];
  const end =
    newest === undefined
      ? reported.length
      : reported.findIndex(
          (trade) =>
            trade.tsMs === newest.tsMs &&
            trade.price === newest.price &&
            trade.qty === newest.qty &&
            trade.side === newest.side,
        );
  const fresh = end < 0 ? reported : reported.slice(0, end);
  return [...fresh, ...known].slice(0, TAPE_LENGTH);
}

const NOTHING: LatencySummary = {
  count: 0,
  p50Us: NaN,
  p90Us: NaN,
  p99Us: NaN,
  p999Us: NaN,
  maxUs: NaN,
  meanUs: NaN,
  octaves: [],
};

function hop(
  name: string,
  about: string,
  latency: LatencySummary = NOTHING,
): LiveView['hops'][number] {
  return { name, about, latency };
}
