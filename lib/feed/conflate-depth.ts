import type { BookLevel } from '../models/book-level.js';
import type { Room } from '../models/event-queue.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedEvent } from './feed-event.js';

const bookOf = (update: DepthUpdate): string => `${update.source}\n${update.symbol}`;

/**
 * Merges updates into one per source and symbol: of each price the newest quantity. Deletions
 * stay, because the reader's book may hold the level.
 */
export function conflateDepth(items: readonly DepthUpdate[]): Room<DepthUpdate> {
  const byBook = new Map<string, DepthUpdate[]>();
  for (const item of items) {
    const key = bookOf(item);
    const list = byBook.get(key);
    if (list === undefined) byBook.set(key, [item]);
    else list.push(item);
  }
  const merged = [...byBook.values()].map(mergeOne);
  return { items: merged, dropped: 0, conflated: items.length - merged.length };
}

/** Frees room in a mixed queue: updates merge per book, the older half of the trades goes. */
export function conflateFeed(items: readonly FeedEvent[]): Room<FeedEvent> {
  const depth = conflateDepth(items.filter((item) => item.type === 'depth'));
  const left = new Map(depth.items.map((update) => [bookOf(update), update]));
  const trades = items.length - depth.items.length - depth.conflated;
  const dropped = Math.ceil(trades / 2);
  let toDrop = dropped;
  const kept: FeedEvent[] = [];
  for (const item of items) {
    if (item.type === 'trade') {
      if (toDrop > 0) toDrop -= 1;
      else kept.push(item);
      continue;
    }
    // In the place of the first of its book: no trade is reported before a book at least as new.
    const update = left.get(bookOf(item));
    if (update !== undefined) kept.push(update);
    left.delete(bookOf(item));
  }
  return { items: kept, dropped, conflated: depth.conflated };
}

function mergeOne(updates: readonly DepthUpdate[]): DepthUpdate {
  const last = updates[updates.length - 1] as DepthUpdate;
  if (updates.length === 1) return last;
  const bids = new Map<number, BookLevel>();
  const asks = new Map<number, BookLevel>();
  let snapshot = false;
  let merged = 0;
  for (const update of updates) {
    if (update.snapshot) {
      snapshot = true;
      bids.clear();
      asks.clear();
    }
    merged += update.merged;
    setAll(bids, update.bids);
    setAll(asks, update.asks);
  }
  return Object.freeze({
    ...last,
    bids: Object.freeze([...bids.values()]),
    asks: Object.freeze([...asks.values()]),
    snapshot,
    merged,
  });
}

function setAll(side: Map<number, BookLevel>, levels: readonly BookLevel[]): void {
  for (const level of levels) {
    // Taken out first, so that a changed level moves to the end: the order they were reported in.
    side.delete(level.price);
    side.set(level.price, level);
  }
}
