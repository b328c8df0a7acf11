import type { LatencySummary } from '../models/latency-histogram.js';
import type { MetricSample } from './server-source.js';

const QUANTILES = { '0.5': 'p50Us', '0.9': 'p90Us', '0.99': 'p99Us', '0.999': 'p999Us' } as const;

/** Latencies as a summary of Prometheus: quantiles, sum and count, in seconds. */
export function latencySamples(
  name: string,
  help: string,
  latency: LatencySummary,
  labels: Readonly<Record<string, string>>,
): MetricSample[] {
  const sample = (suffix: string, value: number, more = {}): MetricSample => ({
    name: name + suffix,
    help,
    kind: 'summary',
    value,
    labels: { ...labels, ...more },
  });
  const { count, meanUs } = latency;
  return [
    ...Object.entries(QUANTILES).map(([quantile, field]) =>
      sample('', latency[field] / 1e6, { quantile }),
    ),
    sample('_sum', count === 0 ? 0 : (meanUs * count) / 1e6),
    sample('_count', count),
  ];
}
