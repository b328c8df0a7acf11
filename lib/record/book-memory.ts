import type { Side } from '../models/side.js';
import type { RecordedLevel } from './recording-file.js';

/** The book as it was recorded: what a new file begins with, and what a reset has to take away. */
export class BookMemory {
  readonly #sides: Readonly<Record<Side, Map<number, number>>> = {
    buy: new Map(),
    sell: new Map(),
  };

  /** True while there is no level. */
  get isEmpty(): boolean {
    return this.#sides.buy.size + this.#sides.sell.size === 0;
  }

  /** Applies changes of levels. */
  apply(levels: readonly RecordedLevel[]): void {
    for (const { side, price, qty } of levels) {
      if (qty === 0) this.#sides[side].delete(price);
      else this.#sides[side].set(price, qty);
    }
  }

  /**
   * Replaces the book by a whole one.
   *
   * @returns The levels of the new book, after deletions of those that are in the old one only.
   */
  replace(levels: readonly RecordedLevel[]): RecordedLevel[] {
    const kept = new Set(levels.map(({ side, price }) => `${side}${String(price)}`));
    const gone = this.levels()
      .filter(({ side, price }) => !kept.has(`${side}${String(price)}`))
      .map((level) => ({ ...level, qty: 0 }));
    for (const side of Object.values(this.#sides)) side.clear();
    this.apply(levels);
    return [...gone, ...levels];
  }

  /** Every level, best first on each side. */
  levels(): RecordedLevel[] {
    const of = (side: Side, sign: number): RecordedLevel[] =>
      [...this.#sides[side]]
        .sort(([a], [b]) => sign * (a - b))
        .map(([price, qty]) => ({ side, price, qty }));
    return [...of('buy', -1), ...of('sell', 1)];
  }
}
