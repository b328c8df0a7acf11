import { feedHealthToJson } from '../feed/feed-health.js';
import { feedMetricsToJson, type FeedKindMetrics } from '../feed/feed-metrics.js';
import type { Feed } from '../feed/feed.js';
import type { FeedEventName, FeedHandler } from '../feed/feed-notice.js';
import type { BookState } from '../models/book-state.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { BookMemory } from '../record/book-memory.js';
import type { RecordedLevel } from '../record/recording-file.js';
import { everySecond } from './every-second.js';
import { figure } from './figure.js';
import { latencySamples } from './latency-samples.js';
import type { Candle } from './history/candle-history.js';
import { TradeTape } from './history/trade-tape.js';
import type { LiveView, PositionView, StateLine } from './live-view.js';
import { LogTail } from './log/log-tail.js';
import { PAGE_LEVELS } from './page-levels.js';
import { queueViews } from './queue-views.js';
import type {
  MetricSample,
  Readiness,
  ServerSource,
  SourceMetrics,
  WsHealth,
} from './server-source.js';
import { UNKNOWN_ACCOUNT } from './view/unknown-account.js';

/** How prices and quantities of a symbol are written; a feed does not know its steps. */
export interface FeedSteps {
  /** Step of prices. Default 0.01. */
  readonly tickSize?: number;
  /** Step of quantities. Default 0.001. */
  readonly lotSize?: number;
}

const STEP_KEYS = knownKeys<FeedSteps>({ tickSize: true, lotSize: true });

interface SymbolState {
  readonly book: BookMemory;
  readonly tape: TradeTape;
  isWhole: boolean;
}

/** Shows a `Feed`: whatever its data source is. It listens only; stopping the feed is its owner's. */
export class FeedSource implements ServerSource {
  readonly title: string;
  readonly #feed: Feed;
  readonly #steps: Required<FeedSteps>;
  readonly #symbols = new Map<string, SymbolState>();
  readonly #log = new LogTail();
  readonly #startedMs = Date.now();
  readonly #takeOff: (() => void)[] = [];
  readonly #positions = everySecond(() => this.#positionsNow());

  /** @param symbols - Symbols to show, in this order. */
  constructor(feed: Feed, symbols: readonly string[], steps: FeedSteps = {}) {
    checkKeys(steps, STEP_KEYS, 'steps');
    this.title = symbols.join(', ');
    this.#feed = feed;
    this.#steps = { tickSize: 0.01, lotSize: 0.001, ...steps };
    for (const symbol of symbols)
      this.#symbols.set(symbol, { book: new BookMemory(), tape: new TradeTape(), isWhole: false });
    this.#listen();
  }

  /** @inheritDoc */
  wsHealth(): WsHealth {
    return { connector: feedHealthToJson(this.#feed.health) };
  }

  /** @inheritDoc */
  metrics(): SourceMetrics {
    return feedMetricsToJson(this.#feed.metrics);
  }

  /** @inheritDoc */
  samples(): MetricSample[] {
    const metrics = this.#feed.metrics;
    const counter = (name: string, help: string, value: number): MetricSample => ({
      name,
      help,
      kind: 'counter',
      value,
    });
    const kinds = (['trades', 'depth'] as const).flatMap((kind) => {
      const labels = { kind, source: this.#feed.name };
      const of: FeedKindMetrics = metrics[kind];
      return [
        { ...counter('feed_events_total', 'Events of the feed.', of.total), labels },
        { ...counter('feed_dropped_total', 'Events dropped by queues.', of.dropped), labels },
        { ...counter('feed_conflated_total', 'Events merged by queues.', of.conflated), labels },
        ...latencySamples(
          'feed_lag_seconds',
          'Exchange time to received, by two clocks.',
          of.lag,
          labels,
        ),
      ];
    });
    return [
      ...kinds,
      counter('invalid_events_total', 'Events with a wrong field.', metrics.invalidEvents),
      counter('consumer_errors_total', 'Errors of consumers.', metrics.consumerErrors),
      counter('connector_errors_total', 'Errors of the connector.', metrics.connectorErrors),
      counter('reconnections_total', 'Times it came back.', metrics.reconnections),
    ];
  }

  /** @inheritDoc */
  readiness(): Readiness {
    const state = this.#stateLine();
    const missing = state.level === 'ok' ? [] : [state.text];
    return { ready: missing.length === 0, missing };
  }

  /** @inheritDoc */
  candles(instrument: number, sinceSecond: number): readonly Candle[] {
    const symbol = [...this.#symbols.keys()][instrument] ?? '';
    return this.#symbols.get(symbol)?.tape.candles.since(sinceSecond) ?? [];
  }

  /** @inheritDoc */
  view(instrument: number): LiveView {
    const { health, metrics } = this.#feed;
    const symbols = [...this.#symbols.keys()];
    const state = this.#symbols.get(symbols[instrument] ?? '');
    const levels = state?.book.levels() ?? [];
    const side = (of: RecordedLevel['side']): (readonly [number, number])[] =>
      levels
        .filter((level) => level.side === of)
        .slice(0, PAGE_LEVELS)
        .map(({ price, qty }) => [price, qty] as const);
    const sources = health.sources.length === 0 ? [health] : health.sources;
    return {
      atMs: Date.now(),
      backend: undefined,
      uptimeMs: Date.now() - this.#startedMs,
      state: this.#stateLine(),
      instruments: symbols,
      // Which of several sources a symbol comes from, a merged feed does not say.
      markets: symbols.map((symbol) => ({
        symbol,
        connector: sources.length === 1 ? (sources[0]?.name ?? '') : '',
        ...this.#steps,
      })),
      instrument,
      connectors: sources.map((source) => ({
        name: source.name,
        level: source.connected ? (source.stale ? 'warn' : 'ok') : 'bad',
        text: source.stale ? 'connected, silent' : source.state,
        pid: undefined,
        heartbeatAgeMs: source.lastEventAgeMs ?? undefined,
        orders: 'none',
        environment: '',
        version: '',
        sockets: [],
        restarts: source.reconnections,
        lastRestartMs: undefined,
      })),
      book: {
        bids: side('buy'),
        asks: side('sell'),
        state: this.#bookState(state?.isWhole === true),
        synced: this.#bookState(state?.isWhole === true) === 'live',
        ...this.#steps,
      },
      trades: state?.tape.trades ?? [],
      orders: [],
      fills: [],
      positions: this.#positions(),
      account: UNKNOWN_ACCOUNT,
      position: undefined,
      pnl: undefined,
      hops: [
        {
          name: 'trades',
          about: 'from the exchange to this program, by two clocks',
          latency: metrics.trades.lag,
        },
        {
          name: 'depth',
          about: 'from the exchange to this program, by two clocks',
          latency: metrics.depth.lag,
        },
      ],
      rates: [
        figure('trades', metrics.trades.perSecondRate, '/s'),
        figure('book updates', metrics.depth.perSecondRate, '/s'),
        figure('trades, last minute', metrics.trades.perMinuteCount),
      ],
      outcomes: [],
      losses: [
        figure('dropped', metrics.trades.dropped + metrics.depth.dropped, '', 'warn'),
        figure('merged', metrics.trades.conflated + metrics.depth.conflated, '', 'warn'),
        figure('invalid', metrics.invalidEvents, '', 'bad'),
        figure('errors', metrics.connectorErrors + metrics.consumerErrors, '', 'warn'),
        figure('reconnections', metrics.reconnections, '', 'warn'),
      ],
      queues: queueViews(health.queues),
      log: this.#log.lines(),
    };
  }

  /** @inheritDoc */
  close(): void {
    for (const off of this.#takeOff.splice(0)) off();
  }

  #positionsNow(): PositionView[] {
    return [...this.#symbols.values()].map(({ book, isWhole }, market) => {
      const bookState = this.#bookState(isWhole);
      const levels = bookState === 'live' ? book.levels() : [];
      const bid = levels.find(({ side }) => side === 'buy')?.price;
      const ask = levels.find(({ side }) => side === 'sell')?.price;
      return {
        market,
        qty: undefined,
        mid: bid === undefined || ask === undefined ? undefined : (bid + ask) / 2,
        bookState,
        realisedPnl: undefined,
        unrealisedPnl: undefined,
      };
    });
  }

  #bookState(isWhole: boolean): BookState {
    const { connected, stale } = this.#feed.health;
    if (!connected) return 'disconnected';
    if (!isWhole) return 'resyncing';
    return stale ? 'stale' : 'live';
  }

  #on<K extends FeedEventName>(name: K, handler: FeedHandler<K>): void {
    this.#feed.on(name, handler);
    this.#takeOff.push(() => {
      this.#feed.off(name, handler);
    });
  }

  #listen(): void {
    this.#on('trade', ({ symbol, side, price, qty, timestampMs: tsMs }) => {
      this.#symbols.get(symbol)?.tape.add({ side, price, qty, tsMs });
    });
    this.#on('depth', ({ symbol, bids, asks, snapshot }) => {
      const state = this.#symbols.get(symbol);
      if (state === undefined) return;
      const levels = [
        ...bids.map(({ price, qty }) => ({ side: 'buy' as const, price, qty })),
        ...asks.map(({ price, qty }) => ({ side: 'sell' as const, price, qty })),
      ];
      if (snapshot) {
        state.book.replace(levels);
        state.isWhole = true;
      } else state.book.apply(levels);
    });
    this.#on('state', ({ current }) => {
      if (current !== 'connected')
        for (const state of this.#symbols.values()) state.isWhole = false;
      this.#log.add(current === 'connected' ? 'ok' : 'warn', `the feed is ${current}`);
    });
    this.#on('error', ({ error }) => {
      this.#log.add('bad', error.message);
    });
  }

  #stateLine(): StateLine {
    const { state, connected, stale, lastError, lastEventAgeMs } = this.#feed.health;
    if (!connected) {
      const why = lastError === '' ? '' : `: ${lastError}`;
      return { level: state === 'connecting' ? 'warn' : 'bad', text: `feed ${state}${why}` };
    }
    if (stale)
      return {
        level: 'warn',
        text: `nothing came for ${String(Math.round((lastEventAgeMs ?? 0) / 1000))} s`,
      };
    return { level: 'ok', text: 'live' };
  }
}
