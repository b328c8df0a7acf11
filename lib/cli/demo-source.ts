import type { LatencySummary } from '../models/latency-histogram.js';
import { figure } from '../server/figure.js';
import { FlowRates } from '../server/flow-rates.js';
import { latencySamples } from '../server/latency-samples.js';
import type { Candle } from '../server/history/candle-history.js';
import { FillHistory } from '../server/history/fill-history.js';
import { TradeTape } from '../server/history/trade-tape.js';
import type { ConnectorView, LiveView } from '../server/live-view.js';
import { LogTail } from '../server/log/log-tail.js';
import type {
  MetricSample,
  Readiness,
  ServerSource,
  SourceMetrics,
  WsHealth,
} from '../server/server-source.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import type { DemoState } from './demo-state.js';
import { UNKNOWN_ACCOUNT } from '../server/view/unknown-account.js';

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
  readonly #tape = new TradeTape();
  readonly #fills = new FillHistory();
  #state: DemoState | undefined;
  #summary: StrategySummary | undefined;
  readonly #flow = new FlowRates(() => ({
    trades: this.#summary?.trades ?? 0,
    bookUpdates: this.#summary?.levels ?? 0,
  }));
  #eventsPerSecond = 0;
  #updatedMs = 0;
  #isDown = '';
  #restarts = 0;
  #lastRestartMs: number | undefined;

  constructor(options: DemoSourceOptions) {
    this.title = options.symbol;
    this.#options = options;
    const { backend, connector } = options;
    this.#log.add('ok', `the demo runs on ${backend}, connector ${connector}`);
  }

  /** Takes what the strategy reported. */
  update(state: DemoState, summary: StrategySummary | undefined, eventsPerSecond: number): void {
    this.#note(state, summary);
    for (const trade of newest(this.#state?.tape ?? [], state.tape)) this.#tape.show(trade);
    for (const candle of state.page?.candles ?? []) this.#tape.candles.put(candle);
    for (const fill of state.page?.fills ?? []) this.#fills.add(fill);
    this.#state = state;
    this.#summary = summary;
    this.#eventsPerSecond = eventsPerSecond;
    this.#updatedMs = Date.now();
  }

  /** The connector is gone, or back when `why` is empty. */
  setDown(why: string): void {
    if (why !== '') this.#log.add('bad', why);
    else if (this.#isDown !== '') {
      this.#log.add('ok', 'the connector runs again');
      this.#restarts += 1;
      this.#lastRestartMs = Date.now();
    }
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
  candles(_instrument: number, sinceSecond: number): readonly Candle[] {
    return this.#tape.candles.since(sinceSecond);
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
      markets: [{ symbol, connector, tickSize, lotSize }],
      instrument: 0,
      connectors: [this.#connector()],
      book: {
        bids: state?.bids ?? [],
        asks: state?.asks ?? [],
        state: state?.book ?? 'disconnected',
        synced: state?.book === 'live',
        tickSize,
        lotSize,
      },
      trades: this.#tape.trades,
      orders: (state?.quotes ?? []).map((quote, index) => ({
        id: String(index),
        market: 0,
        side: quote.side,
        price: quote.price,
        qty: quote.leavesQty,
        leavesQty: quote.leavesQty,
        state: quote.cancelling ? 'cancelling' : 'open',
        createdMs: quote.createdMs,
      })),
      fills: this.#fills.fills,
      positions: [
        {
          market: 0,
          qty: state?.position,
          mid: state === undefined ? undefined : midOf(state),
          bookState: state?.book ?? 'disconnected',
          realisedPnl: undefined,
          unrealisedPnl: undefined,
        },
      ],
      account: UNKNOWN_ACCOUNT,
      position: state?.position,
      pnl: state?.pnl,
      hops: [
        hop('feed', 'from the connector to the strategy', summary?.feedLatency),
        hop('order', 'from its request to the first answer', summary?.orderLatency),
      ],
      rates: [
        figure('events', this.#eventsPerSecond, '/s'),
        figure('trades', this.#flow.trades.perSecond, '/s'),
        figure('book updates', this.#flow.depth.perSecond, '/s'),
      ],
      outcomes: [
        figure('orders sent', summary?.ordersSubmitted ?? 0),
        figure('fills', summary?.fills ?? 0),
        figure('expired', state?.page?.expired ?? 0),
        figure('rejected', state?.page?.rejected ?? 0),
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

  /** Logs what the report has that the one before had not. */
  #note(state: DemoState, summary: StrategySummary | undefined): void {
    const log = this.#log;
    const { symbol } = this.#options;
    const before = this.#state;
    const add = (level: 'ok' | 'warn', text: string, times: number): void => {
      if (times > 0) log.add(level, text, { symbol, times });
    };
    if (before !== undefined && state.book !== before.book)
      add(state.book === 'live' ? 'ok' : 'warn', `the book is ${state.book}`, 1);
    add('warn', 'messages were lost', (summary?.gaps ?? 0) - (this.#summary?.gaps ?? 0));
    // Outcomes of single orders, not faults: a post-only quote that would have taken has to expire.
    const expired = (state.page?.expired ?? 0) - (before?.page?.expired ?? 0);
    add('ok', 'post-only quote expired: it would have taken', expired);
    add('ok', 'quote rejected', (state.page?.rejected ?? 0) - (before?.page?.rejected ?? 0));
  }

  #connector(): ConnectorView {
    const isUp = this.#isDown === '';
    const state = this.#state;
    return {
      name: this.#options.connector,
      level: isUp ? 'ok' : 'bad',
      text: isUp ? 'connected' : this.#isDown,
      pid: isUp ? state?.page?.pid : undefined,
      heartbeatAgeMs: isUp ? state?.page?.heartbeatAgeMs : undefined,
      orders: state?.orders ?? 'unknown',
      environment: state?.environment ?? '',
      version: state?.page?.version ?? '',
      sockets: [],
      restarts: this.#restarts,
      lastRestartMs: this.#lastRestartMs,
    };
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

/** Trades of a report that are not in the one before, oldest first. Reports have the newest first. */
function newest(known: DemoState['tape'], reported: DemoState['tape']): DemoState['tape'] {
  const last = known[0];
  const end = reported.findIndex(
    (trade) =>
      trade.tsMs === last?.tsMs &&
      trade.price === last.price &&
      trade.qty === last.qty &&
      trade.side === last.side,
  );
  return (end < 0 ? reported : reported.slice(0, end)).toReversed();
}

function midOf({ book, bids, asks }: DemoState): number | undefined {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  return book === 'live' && bid !== undefined && ask !== undefined ? (bid + ask) / 2 : undefined;
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
