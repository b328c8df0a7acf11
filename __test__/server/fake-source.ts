import type { LiveView } from '../../lib/server/live-view.js';
import type { ServerSource } from '../../lib/server/server-source.js';

const LATENCY = {
  count: 2,
  p50Us: 1,
  p90Us: 2,
  p99Us: 2,
  p999Us: 2,
  maxUs: 2,
  meanUs: 1.5,
  octaves: [0, 0, 2],
};

/** A source that shows what the test puts into it. */
export class FakeSource implements ServerSource {
  readonly title = 'fake';
  instruments = ['AUSDT', 'BUSDT'];
  missing: string[] = [];
  views = 0;
  closed = 0;
  /** Makes each update this much larger. */
  ballast = '';
  bid = 99.5;

  wsHealth(): ReturnType<ServerSource['wsHealth']> {
    return {
      connector: {
        connected: true,
        last_ts: 5,
        queue_size: 1,
        reconnection_attempts: 2,
        connector_health: {
          connected: true,
          subscribed_trades: true,
          subscribed_depth: false,
          event_counter: 7,
        },
      },
    };
  }

  metrics(): ReturnType<ServerSource['metrics']> {
    return {
      trades: { per_minute_count: 120, per_second_rate: 2, queue_size: 3 },
      depth: { per_minute_count: 600, per_second_rate: 10, queue_size: 0 },
    };
  }

  samples(): ReturnType<ServerSource['samples']> {
    const labels = { hop: 'feed' };
    return [
      { name: 'events_total', help: 'Events.', kind: 'counter', value: 42 },
      { name: 'latency_seconds', help: 'Latency.', kind: 'gauge', value: NaN, labels },
    ];
  }

  readiness(): ReturnType<ServerSource['readiness']> {
    return { ready: this.missing.length === 0, missing: this.missing };
  }

  view(instrument: number): LiveView {
    this.views += 1;
    return {
      atMs: Date.now(),
      backend: 'stub',
      uptimeMs: 1,
      state: {
        level: 'ok',
        text: `live${this.ballast === '' ? '' : String(this.views) + this.ballast}`,
      },
      instruments: this.instruments,
      instrument,
      connectors: [],
      book: {
        bids: [[this.bid + instrument, 1]],
        asks: [[this.bid + 1 + instrument, 1]],
        state: 'live',
        synced: true,
        tickSize: 0.5,
        lotSize: 1,
      },
      trades: [],
      orders: [],
      position: 0,
      pnl: undefined,
      hops: [{ name: 'feed', about: '', latency: LATENCY }],
      rates: [],
      losses: [],
      queues: [],
      log: [],
    };
  }

  close(): void {
    this.closed += 1;
  }
}
