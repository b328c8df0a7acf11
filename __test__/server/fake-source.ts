import type { Candle } from '../../lib/server/history/candle-history.js';
import type { LiveView, Level } from '../../lib/server/live-view.js';
import type { ServerSource } from '../../lib/server/server-source.js';
import { UNKNOWN_ACCOUNT } from '../../lib/server/view/unknown-account.js';

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
  /** Names of the connectors by instrument. */
  connectors: string[] = [];
  level: Level = 'ok';
  /** Replace what the view has. */
  changes: Partial<LiveView> = {};
  candlesOf: (instrument: number) => readonly Candle[] = () => [];

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
        level: this.level,
        text: `live${this.ballast === '' ? '' : String(this.views) + this.ballast}`,
      },
      instruments: this.instruments,
      markets: this.instruments.map((symbol, index) => ({
        symbol,
        connector: this.connectors[index] ?? 'fake',
        tickSize: 0.5,
        lotSize: 1,
      })),
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
      fills: [],
      positions: this.instruments.map((_, market) => ({
        market,
        qty: 0,
        mid: this.bid + 0.5 + market,
        bookState: 'live',
        realisedPnl: undefined,
        unrealisedPnl: undefined,
      })),
      account: UNKNOWN_ACCOUNT,
      position: 0,
      pnl: undefined,
      hops: [{ name: 'feed', about: '', latency: LATENCY }],
      rates: [],
      outcomes: [],
      losses: [],
      queues: [],
      log: [],
      ...this.changes,
    };
  }

  candles(instrument: number, sinceSecond: number): readonly Candle[] {
    return this.candlesOf(instrument).filter(([second]) => second >= sinceSecond);
  }

  close(): void {
    this.closed += 1;
  }
}
