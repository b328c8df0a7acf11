// The measured strategy: the first line of the handler reads the clock.
import { LatencyHistogram } from 'hftbacktest-live';

/**
 * `sampleEvery`: at high rates the clock is read for every n-th event only, as it costs 100 ns. The first
 * `skip` events are not measured.
 */
export default function createStrategy({ sampleEvery, skip }) {
  const histogram = new LatencyHistogram();
  let seen = 0;
  return {
    onLevel(_ctx, level) {
      if (seen++ % sampleEvery === 0 && seen > skip) {
        const now = process.hrtime.bigint();
        // The publisher puts the time of sending (CLOCK_MONOTONIC) where the exchange time stands.
        histogram.record(Number(now - level.exchTsNs));
      }
    },
    onStop(ctx) {
      ctx.log('result', {
        received: seen,
        p50Ns: histogram.percentile(50),
        p90Ns: histogram.percentile(90),
        p99Ns: histogram.percentile(99),
      });
    },
  };
}
