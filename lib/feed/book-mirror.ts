import type { BookLevel } from '../models/book-level.js';
import type { DepthUpdate } from './depth-update.js';

interface Mirrored {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  last: DepthUpdate;
}

/** Keeps the books of one source, so that a consumer that comes later gets them whole. */
export class BookMirror {
  readonly #books = new Map<string, Mirrored>();

  apply(update: DepthUpdate): void {
    let book = this.#books.get(update.symbol);
    if (update.snapshot) {
      book = { bids: new Map(), asks: new Map(), last: update };
      this.#books.set(update.symbol, book);
    }
    // Changes of a book that was never reported whole make none.
    if (book === undefined) return;
    setAll(book.bids, update.bids);
    setAll(book.asks, update.asks);
    book.last = update;
  }

  /** True when the book of the symbol is whole. */
  has(symbol: string): boolean {
    return this.#books.has(symbol);
  }

  /** Every book that is whole, as snapshots, best levels first. */
  snapshots(): DepthUpdate[] {
    return [...this.#books.values()].map(({ bids, asks, last }) =>
      Object.freeze({
        ...last,
        bids: levels(bids, -1),
        asks: levels(asks, 1),
        snapshot: true,
        merged: 1,
      }),
    );
  }

  /** The connection was lost: the books are worth nothing. */
  clear(): void {
    this.#books.clear();
  }
}

function setAll(side: Map<number, number>, changed: readonly BookLevel[]): void {
  for (const { price, qty } of changed) {
    if (qty === 0) side.delete(price);
    else side.set(price, qty);
  }
}

function levels(side: ReadonlyMap<number, number>, direction: 1 | -1): readonly BookLevel[] {
  const sorted = [...side].sort(([a], [b]) => (a - b) * direction);
  return Object.freeze(sorted.map(([price, qty]) => Object.freeze({ price, qty })));
}
