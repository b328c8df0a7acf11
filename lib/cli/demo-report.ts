import type { StrategySummary } from '../strategy/strategy-summary.js';

/** What `demo --json` prints; latencies in µs, `null` when nothing was measured. */
export interface DemoReport {
  readonly backend: 'native' | 'stub';
  /** `sim`, `bybit`, the name of the one that was joined, or `stub`. */
  readonly connector: string;
  /** Where orders went, as the connector says: `simulated`, `paper`, `real`; `null` when it said nothing. */
  readonly orders: string | null;
  readonly events: number;
  readonly trades: number;
  readonly levels: number;
  readonly ordersSubmitted: number;
  readonly fills: number;
  readonly position: number;
  readonly dropped: number;
  readonly gaps: number;
  readonly latencyUs: {
    readonly feedP50: number | null;
    readonly feedP99: number | null;
    readonly orderP50: number | null;
    readonly orderP99: number | null;
  };
}

/** The figures of a run. The position is rounded to the lot: it is a sum of many fills. */
export function demoReport(
  summary: StrategySummary,
  lotSize: number,
  { connector, orders }: Pick<DemoReport, 'connector' | 'orders'>,
): DemoReport {
  const digits = Math.max(0, Math.ceil(-Math.log10(lotSize)) + 2);
  return {
    backend: summary.backend,
    connector,
    orders,
    events: summary.events,
    trades: summary.trades,
    levels: summary.levels,
    ordersSubmitted: summary.ordersSubmitted,
    fills: summary.fills,
    position: Number((summary.positions[0] ?? 0).toFixed(Math.min(20, digits))),
    dropped: summary.dropped,
    gaps: summary.gaps,
    latencyUs: {
      feedP50: rounded(summary.feedLatency.p50Us),
      feedP99: rounded(summary.feedLatency.p99Us),
      orderP50: rounded(summary.orderLatency.p50Us),
      orderP99: rounded(summary.orderLatency.p99Us),
    },
  };
}

function rounded(us: number): number | null {
  return Number.isFinite(us) ? Math.round(us * 100) / 100 : null;
}
