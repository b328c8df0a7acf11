import { LatencyHistogram } from '../models/latency-histogram.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedHub } from './feed-hub.js';
import type { FeedKindMetrics, FeedMetrics } from './feed-metrics.js';
import { RateMeter } from './rate-meter.js';

class KindMeter {
  readonly rate = new RateMeter();
  readonly lag = new LatencyHistogram();

  metrics(queue: { size: number; dropped: number; conflated: number }): FeedKindMetrics {
    const nowMs = performance.now();
    return {
      perMinuteCount: this.rate.perMinute(nowMs),
      perSecondRate: this.rate.perSecond(nowMs),
      queueSize: queue.size,
      total: this.rate.total,
      dropped: queue.dropped,
      conflated: queue.conflated,
      lag: this.lag.summary(),
    };
  }
}

/** Counts what comes through a feed. */
export class FeedMeter {
  readonly #trades = new KindMeter();
  readonly #depth = new KindMeter();
  invalidEvents = 0;
  filtered = 0;
  consumerErrors = 0;
  connectorErrors = 0;
  reconnections = 0;
  disconnections = 0;
  /** Exchange time of the newest event, Unix ms; `undefined` before the first. */
  lastTsMs: number | undefined;
  /** When the last event was received, ms of `performance.now()`; `undefined` before the first. */
  lastEventMonoMs: number | undefined;

  record(event: FeedEvent, nowMonoMs: number): void {
    const meter = event.type === 'trade' ? this.#trades : this.#depth;
    meter.rate.record(nowMonoMs);
    meter.lag.record((event.receivedMs - event.timestampMs) * 1e6);
    this.lastTsMs = event.timestampMs;
    this.lastEventMonoMs = nowMonoMs;
  }

  get lastEventAgeMs(): number | undefined {
    return this.lastEventMonoMs === undefined
      ? undefined
      : performance.now() - this.lastEventMonoMs;
  }

  metrics(
    name: string,
    hub: FeedHub,
    connectors: Readonly<Record<string, FeedMetrics>>,
  ): FeedMetrics {
    return {
      name,
      trades: this.#trades.metrics(hub.totals('trade')),
      depth: this.#depth.metrics(hub.totals('depth')),
      invalidEvents: this.invalidEvents,
      filtered: this.filtered,
      consumerErrors: this.consumerErrors,
      connectorErrors: this.connectorErrors,
      reconnections: this.reconnections,
      disconnections: this.disconnections,
      connectors,
    };
  }
}
