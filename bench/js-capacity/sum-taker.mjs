import process from 'node:process';

const CLOCK_EVERY = 64;

/** Sums px * qty; the clock is read for every 64th event, which is exact enough for a second. */
export function sumTaker() {
  let sum = 0;
  let seen = 0;
  let firstNs = 0;
  let lastNs = 0;
  return {
    take(px, qty, sentNs) {
      if (seen === 0) firstNs = Number(sentNs);
      sum += px * qty;
      if (++seen % CLOCK_EVERY === 0) lastNs = Number(process.hrtime.bigint());
    },
    received: () => seen,
    result: () => ({ received: seen, sum, tookNs: lastNs - firstNs }),
  };
}
