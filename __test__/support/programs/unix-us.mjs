// The time of this machine in µs, for processes whose times are compared.

/**
 * Unix ms at `performance.now()` 0. `performance.timeOrigin` is taken from two clocks at the start of a
 * process; where others have the core between the two it is wrong by milliseconds, and stays so. Here
 * the largest of some differences counts: what comes between two readings makes it smaller.
 */
const origin = (() => {
  let largest = -Infinity;
  for (let sample = 0; sample < 5; sample += 1) {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    largest = Math.max(largest, now - performance.now());
  }
  return largest;
})();

/** Unix µs. */
export function nowUs() {
  return Math.round((origin + performance.now()) * 1000);
}
