import type { LiveView } from './live-view.js';

/** `GET /ws/health`: one data source in the words of the connector feed. Times are Unix ms. */
export interface WsHealth {
  readonly connector: {
    readonly connected: boolean;
    /** Time of the last event, `null` before the first. */
    readonly last_ts: number | null;
    readonly queue_size: number;
    readonly reconnection_attempts: number;
    readonly connector_health: {
      readonly connected: boolean;
      readonly subscribed_trades: boolean;
      readonly subscribed_depth: boolean;
      /** Events since the start. */
      readonly event_counter: number;
    };
  };
}

/** Flow of one kind of events. */
export interface FlowMetrics {
  /** Events in the last full 60 s; fewer when it runs for less. */
  readonly per_minute_count: number;
  /** Events per second over the last full second. */
  readonly per_second_rate: number;
  readonly queue_size: number;
}

/** `GET /metrics`. */
export interface SourceMetrics {
  readonly trades: FlowMetrics;
  readonly depth: FlowMetrics;
}

/** A number that only grows, or one that goes up and down, for Prometheus. */
export interface MetricSample {
  /** Without the package's prefix, with its unit: `feed_latency_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** `GET /ready`. */
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
  /** Called while somebody looks at the page, and once a second for its chart. */
  view(instrument: number): LiveView;
  /** Takes its listeners off again. */
  close(): void;
}
