/** Events of two streams may be stamped in another order than they come: that is no clock. */
const STAMPS_NS = 1_000_000n;

/**
 * Times of receipt in the order of what was received. A clock that runs back a little, as one that
 * is kept in step with others does, would change that order where rows are sorted by time.
 */
export class MonotoneClock {
  #lastNs: bigint | undefined;
  #raised = 0;
  #mostNs = 0n;

  /** The time given, or the latest before it when that is later by a millisecond or more. */
  next(ns: bigint): bigint {
    const last = this.#lastNs;
    if (last === undefined || ns >= last) {
      this.#lastNs = ns;
      return ns;
    }
    if (last - ns < STAMPS_NS) return ns;
    this.#raised += 1;
    if (last - ns > this.#mostNs) this.#mostNs = last - ns;
    return last;
  }

  /** What was changed, in words; empty when nothing was. */
  notes(): string[] {
    if (this.#raised === 0) return [];
    return [
      `the clock ran back: ${String(this.#raised)} times of receipt, up to ${String(this.#mostNs)} ns too early, are those of the events before them`,
    ];
  }
}
