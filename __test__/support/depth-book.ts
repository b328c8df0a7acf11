import type { Feed } from '../../lib/feed/feed.js';
import type { BookLevel } from '../../lib/models/book-level.js';

type Level = BookLevel | readonly [price: number, qty: number];

/** The book that a reader makes of depth events, price to quantity: they change it, or are all of it. */
export class DepthBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  snapshots = 0;

  /** Follows a feed from now on. */
  static of(feed: Feed): DepthBook {
    const book = new DepthBook();
    feed.on('depth', (update) => {
      book.apply(update);
    });
    return book;
  }

  apply(update: {
    readonly bids: readonly Level[];
    readonly asks: readonly Level[];
    readonly snapshot: boolean;
  }): void {
    if (update.snapshot) {
      this.snapshots += 1;
      this.bids.clear();
      this.asks.clear();
    }
    for (const [side, levels] of [
      [this.bids, update.bids],
      [this.asks, update.asks],
    ] as const) {
      for (const level of levels) {
        const [price, qty] = 'price' in level ? [level.price, level.qty] : level;
        if (qty === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
  }

  get best(): [bid: number, ask: number] {
    return [Math.max(...this.bids.keys()), Math.min(...this.asks.keys())];
  }
}
