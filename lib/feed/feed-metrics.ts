import type { LatencySummary } from '../models/latency-histogram.js';

/** How much of one kind came through a feed. */
export interface FeedKindMetrics {
  /** Events of the last 60 s. */
  readonly perMinuteCount: number;
  /** Events of the last full second. */
  readonly perSecondRate: number;
  /** Events of this kind's consumers that wait; a mixed queue counts for both kinds. */
  readonly queueSize: number;
  /** Events since the start. */
  readonly total: number;
  /** Dropped from this kind's queues; a mixed queue counts for both kinds. */
  readonly dropped: number;
  /** Merged in this kind's queues. */
  readonly conflated: number;
  /** Exchange time to received here: two clocks; an offset between them is in it. */
  readonly lag: LatencySummary;
}

/** Figures of a feed, made now. Immutable. */
export interface FeedMetrics {
  readonly name: string;
  readonly trades: FeedKindMetrics;
  readonly depth: FeedKindMetrics;
  /** Events left out because a field was missing or wrong. */
  readonly invalidEvents: number;
  /** Events that a filter or transform took out. */
  readonly filtered: number;
  /** Errors of consumers, filters and transforms. */
  readonly consumerErrors: number;
  /** Errors that the connector reported, and failed polls. */
  readonly connectorErrors: number;
  /** Times the connection came back. */
  readonly reconnections: number;
  /** Times the connection was lost. */
  readonly disconnections: number;
  /** Figures of each connector by name; of a feed over one connector only its own. */
  readonly connectors: Readonly<Record<string, FeedMetrics>>;
}

/** One kind in `GET /metrics`, by the names it has there. */
export interface FeedKindMetricsJson {
  /** Events of the last 60 s. */
  readonly per_minute_count: number;
  /** Events of the last full second. */
  readonly per_second_rate: number;
  /** Events that wait for their consumers. */
  readonly queue_size: number;
}

/** `trades` and `depth` of `GET /metrics`. */
export interface FeedMetricsJson {
  readonly trades: FeedKindMetricsJson;
  readonly depth: FeedKindMetricsJson;
}

/** A feed's figures as `GET /metrics` reports them. */
export function feedMetricsToJson(metrics: FeedMetrics): FeedMetricsJson {
  const kind = (of: FeedKindMetrics): FeedKindMetricsJson => ({
    per_minute_count: of.perMinuteCount,
    per_second_rate: of.perSecondRate,
    queue_size: of.queueSize,
  });
  return { trades: kind(metrics.trades), depth: kind(metrics.depth) };
}
