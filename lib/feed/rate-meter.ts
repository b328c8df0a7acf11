const SECONDS = 60;

/** Counts events over the last minute in buckets of a second: O(1) per event, fixed memory. */
export class RateMeter {
  readonly #counts = new Uint32Array(SECONDS);
  /** Second that a bucket counts for. */
  readonly #seconds = new Float64Array(SECONDS).fill(-1);
  #total = 0;

  /** Since the start. */
  get total(): number {
    return this.#total;
  }

  /** Counts one event. @param nowMs - A monotonic clock, ms; the same that the other calls get. */
  record(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const at = second % SECONDS;
    if (this.#seconds[at] !== second) {
      this.#seconds[at] = second;
      this.#counts[at] = 0;
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total += 1;
  }

  /** Events of the last 60 s, by whole seconds. */
  perMinute(nowMs: number): number {
    const oldest = Math.floor(nowMs / 1000) - SECONDS;
    let count = 0;
    for (let at = 0; at < SECONDS; at += 1) {
      if ((this.#seconds[at] ?? -1) > oldest) count += this.#counts[at] ?? 0;
    }
    return count;
  }

  /** Events of the last full second; 0 before the end of the first. */
  perSecond(nowMs: number): number {
    const second = Math.floor(nowMs / 1000) - 1;
    const at = (second + SECONDS) % SECONDS;
    return this.#seconds[at] === second ? (this.#counts[at] ?? 0) : 0;
  }
}
