import type { FeedHealthJson } from '../feed/feed-health.js';
import type { Candle } from './history/candle-history.js';
import type { LiveView } from './live-view.js';

/** `GET /ws/health`: one data source. */
export interface WsHealth {
  /** Of a `LiveClient`, `last_ts` is when the last record came; of a feed the venue's time of it. */
  readonly connector: FeedHealthJson;
}

/** Flow of one kind of events. */
export interface FlowMetrics {
  /** Events in the last full 60 s; fewer when it runs for less. */
  readonly per_minute_count: number;
  /** Events per second over the last full second. */
  readonly per_second_rate: number;
  /** Events that wait for their consumers. */
  readonly queue_size: number;
}

/** `GET /metrics`: flow of both kinds of market data. */
export interface SourceMetrics {
  readonly trades: FlowMetrics;
  readonly depth: FlowMetrics;
}

/** A number for Prometheus: one that only grows, one that goes up and down, or a line of a summary. */
export interface MetricSample {
  /**
   * Without the package's prefix, in base units with the unit last: `feed_latency_seconds`; of a counter with
   * `_total`. Lines of a summary: the bare name with a label `quantile`, and with `_sum` and `_count`.
   */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'summary';
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** `GET /ready`: whether all that is shown works. */
export interface Readiness {
  readonly ready: boolean;
  /** What is missing, in words. Empty when ready. */
  readonly missing: readonly string[];
}

/**
 * Where a server gets what it shows: a client, a feed, a demo. Every method answers at once from
 * memory and is called at most some ten times a second; none of them may throw.
 */
export interface ServerSource {
  /** Shown as the page's title. */
  readonly title: string;
  /** What `GET /ws/health` answers. */
  wsHealth(): WsHealth;
  /** What `GET /metrics` answers, in JSON. */
  metrics(): SourceMetrics;
  /** More for Prometheus than `metrics()` holds. */
  samples(): readonly MetricSample[];
  /** What `GET /ready` answers. */
  readiness(): Readiness;
  /** Called while a page is open, and once a second for its chart. */
  view(instrument: number): LiveView;
  /**
   * Candles of one second from live trades, of the last ten minutes at most, oldest first; from that
   * Unix second on. Without it the chart has the middle price only.
   */
  candles?(instrument: number, sinceSecond: number): readonly Candle[];
  /** Takes its listeners off again. */
  close(): void;
}
