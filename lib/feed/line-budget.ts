/**
 * At most so many lines per second of one kind; the next line that is written reports how many were
 * not. A check costs one comparison, so that logging never slows the feed.
 */
export class LineBudget {
  readonly #perSecond: number;
  #second = -1;
  #used = 0;
  #suppressed = 0;

  /** @param perSecond - 0: none is ever written; `Infinity`: all are. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** True when a line may be written now. */
  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    if (this.#used < this.#perSecond) {
      this.#used += 1;
      return true;
    }
    this.#suppressed += 1;
    return false;
  }

  /** Lines not written since the last call. */
  takeSuppressed(): number {
    const count = this.#suppressed;
    this.#suppressed = 0;
    return count;
  }
}
