// The measured strategy: handles each event, with `keepObjects` as an object of its own, and sums
// what the heap of its thread grew by from batch to batch. Where it shrank, garbage was collected.
import { getHeapStatistics } from 'node:v8';

const SAMPLE_EVERY = 8_192;
const KEPT = 1_024;

const used = () => getHeapStatistics().used_heap_size;

export default function createStrategy({ keepObjects, warmUp }) {
  const kept = new Array(KEPT).fill(null);
  // A number that a closure holds would be allocated anew for each event.
  const sum = new Float64Array(1);
  let seen = 0;
  let next = warmUp;
  let before = -1;
  let grown = 0;
  let counted = 0;
  let costBytes = 0;
  return {
    onStart(ctx) {
      ctx.log('started');
      // What looking itself allocates, when it is warm.
      for (let i = 0; i < 200; i++) used();
      const costs = Array.from({ length: 101 }, () => -used() + used()).sort((a, b) => a - b);
      costBytes = costs[50];
    },
    onLevel(_ctx, level) {
      sum[0] += level.price * level.qty;
      if (keepObjects) {
        const { price, qty, isBuy, exchTsNs } = level;
        kept[seen % KEPT] = { side: isBuy ? 'buy' : 'sell', price, qty, exchTsNs };
      }
      seen++;
    },
    onBatch() {
      if (seen < next) return;
      const now = used();
      if (before >= 0 && now >= before) {
        grown += now - before - costBytes;
        counted += SAMPLE_EVERY;
      }
      before = now;
      next += SAMPLE_EVERY;
    },
    onStop(ctx) {
      ctx.log('result', { received: seen, bytesPerEvent: grown / counted, costBytes, sum: sum[0] });
    },
  };
}
