/** The levels of both sides that an update changes. */
interface Levels<L> {
  readonly bids: readonly L[];
  readonly asks: readonly L[];
}

/**
 * The levels of several updates of one book, oldest first: of each price the newest. Deletions stay,
 * because the reader's book may hold the level. Levels stand in the order of their last change.
 *
 * @param startsAnew - True for an update that holds the whole book: what came before it goes.
 */
export function mergeLevels<L, U extends Levels<L>>(
  updates: readonly U[],
  priceOf: (level: L) => number,
  startsAnew: (update: U) => boolean,
): { bids: L[]; asks: L[] } {
  const bids = new Map<number, L>();
  const asks = new Map<number, L>();
  const setAll = (side: Map<number, L>, levels: readonly L[]): void => {
    for (const level of levels) {
      const price = priceOf(level);
      // Taken out first, so that a changed level moves to the end.
      side.delete(price);
      side.set(price, level);
    }
  };
  for (const update of updates) {
    if (startsAnew(update)) {
      bids.clear();
      asks.clear();
    }
    setAll(bids, update.bids);
    setAll(asks, update.asks);
  }
  return { bids: [...bids.values()], asks: [...asks.values()] };
}
