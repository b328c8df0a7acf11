/** Distance between CLOCK_MONOTONIC and `performance.now()`, both driven by the same clock. */
function measureOffsetNs(): number {
  let offsetNs = -Infinity;
  // The reading that was delayed least is the largest of `earlier - later`.
  for (let attempt = 0; attempt < 16; attempt += 1) {
    const earlierNs = Number(process.hrtime.bigint());
    offsetNs = Math.max(offsetNs, earlierNs - performance.now() * 1e6);
  }
  return offsetNs;
}

let offsetNs = NaN;

/**
 * CLOCK_MONOTONIC now, in ns, without the addon: the clock of `sentMonoNs` and `recvMonoNs`.
 * A `number`: exact to the ns for the first 104 days after boot.
 */
export function monotonicNowNs(): number {
  if (offsetNs !== offsetNs) offsetNs = measureOffsetNs();
  return offsetNs + performance.now() * 1e6;
}
