import process from 'node:process';
import { LatencyHistogram } from 'hftbacktest-live';

/**
 * Counts events and measures every n-th: reading the clock costs 100 ns, at high rates too much. The
 * first `skip` are not measured.
 */
export function latencyTaker(sampleEvery, skip = 0) {
  const histogram = new LatencyHistogram();
  let seen = 0;
  return {
    take(_px, _qty, sentNs) {
      if (seen++ % sampleEvery === 0 && seen > skip) {
        histogram.record(Number(process.hrtime.bigint()) - Number(sentNs));
      }
    },
    received: () => seen,
    result: () => ({
      received: seen,
      p50Ns: histogram.percentile(50),
      p99Ns: histogram.percentile(99),
    }),
  };
}
