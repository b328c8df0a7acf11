// The measured strategy: sums px * qty, and reads the clock once per batch.
import process from 'node:process';

export default function createStrategy() {
  let sum = 0;
  let seen = 0;
  let counted = 0;
  let firstNs = 0;
  let lastNs = 0;
  return {
    onLevel(_ctx, level) {
      if (seen === 0) firstNs = Number(level.exchTsNs);
      seen++;
      sum += level.price * level.qty;
    },
    onBatch() {
      if (seen === counted) return;
      counted = seen;
      lastNs = Number(process.hrtime.bigint());
    },
    onStop(ctx) {
      ctx.log('result', { received: seen, sum, tookNs: lastNs - firstNs });
    },
  };
}
