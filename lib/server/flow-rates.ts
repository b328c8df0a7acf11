import { RateWindow } from './rate-window.js';
import type { FlowMetrics, SourceMetrics } from './server-source.js';

/** Counters since the start. */
export interface FlowCounters {
  readonly trades: number;
  readonly bookUpdates: number;
}

/** Rates of trades and book updates, from counters that are read once a second. */
export class FlowRates {
  readonly trades = new RateWindow();
  readonly depth = new RateWindow();
  readonly #timer: NodeJS.Timeout;

  /** @param counters - Called at once and then every second until `close()`. */
  constructor(counters: () => FlowCounters) {
    const sample = (): void => {
      const { trades, bookUpdates } = counters();
      this.trades.sample(trades);
      this.depth.sample(bookUpdates);
    };
    sample();
    this.#timer = setInterval(sample, 1_000).unref();
  }

  /** `GET /metrics`; events that wait are counted for the queues that are given. */
  metrics(queued: { readonly trades: number; readonly depth: number }): SourceMetrics {
    const flow = (window: RateWindow, size: number): FlowMetrics => ({
      per_minute_count: window.perMinute,
      per_second_rate: window.perSecond,
      queue_size: size,
    });
    return { trades: flow(this.trades, queued.trades), depth: flow(this.depth, queued.depth) };
  }

  /** Reads the counters no more. */
  close(): void {
    clearInterval(this.#timer);
  }
}
