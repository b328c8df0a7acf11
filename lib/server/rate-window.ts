const SECONDS = 60;

/**
 * Events per second and per minute of a counter that only grows, read once a second. Fixed memory.
 * The feed's `RateMeter` sees every event instead; a listener for every book update would cost a
 * client's thread what reading a counter does not.
 */
export class RateWindow {
  readonly #totals = new Float64Array(SECONDS + 1);
  #samples = 0;

  /** Takes the counter as it stands; to be called once a second. */
  sample(total: number): void {
    this.#totals[this.#samples % this.#totals.length] = total;
    this.#samples += 1;
  }

  /** Events in the last second; 0 before the second sample. */
  get perSecond(): number {
    return this.#since(1);
  }

  /** Events in the last 60 s, or since the first sample. */
  get perMinute(): number {
    return this.#since(Math.min(SECONDS, this.#samples - 1));
  }

  #since(seconds: number): number {
    if (this.#samples < 2) return 0;
    const at = (sample: number): number => this.#totals[sample % this.#totals.length] ?? 0;
    return Math.max(0, at(this.#samples - 1) - at(this.#samples - 1 - seconds));
  }
}
