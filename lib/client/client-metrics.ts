import { LatencyHistogram } from '../models/latency-histogram.js';
import { ProcessorUse } from '../models/processor-use.js';
import type { Throughput } from './client-health.js';

/** Counters and histograms of a client; nothing here allocates while events flow. */
export class ClientMetrics {
  readonly venue = new LatencyHistogram();
  readonly feed = new LatencyHistogram();
  readonly main = new LatencyHistogram();
  readonly order = new LatencyHistogram();
  readonly processor = new ProcessorUse();
  events = 0;
  trades = 0;
  levels = 0;
  bookUpdates = 0;
  orders = 0;
  gaps = 0;
  lost = 0;
  reconnections = 0;
  /** performance.now() of the last record, NaN before the first. */
  lastEventMs = NaN;
  #mark = { atMs: performance.now(), events: 0, trades: 0, bookUpdates: 0 };
  #rates = { events: 0, trades: 0, bookUpdates: 0 };

  /** Ends a measuring interval: the rates are its own until the next call. */
  tick(): void {
    const nowMs = performance.now();
    const seconds = (nowMs - this.#mark.atMs) / 1000;
    if (seconds <= 0) return;
    this.processor.tick();
    this.#rates = {
      events: (this.events - this.#mark.events) / seconds,
      trades: (this.trades - this.#mark.trades) / seconds,
      bookUpdates: (this.bookUpdates - this.#mark.bookUpdates) / seconds,
    };
    this.#mark = {
      atMs: nowMs,
      events: this.events,
      trades: this.trades,
      bookUpdates: this.bookUpdates,
    };
  }

  throughput(): Throughput {
    return {
      events: this.events,
      trades: this.trades,
      levels: this.levels,
      bookUpdates: this.bookUpdates,
      orders: this.orders,
      eventsPerSecond: this.#rates.events,
      tradesPerSecond: this.#rates.trades,
      bookUpdatesPerSecond: this.#rates.bookUpdates,
    };
  }
}
