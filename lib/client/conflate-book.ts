import type { BookLevel } from '../models/book-level.js';
import type { ClientEvent } from './client-event.js';
import type { BookUpdate } from '../models/book-update.js';
import type { Room } from '../models/event-queue.js';

/**
 * Merges book batches into one per instrument: of each price the newest quantity. Deletions stay,
 * because the reader's book may hold the level.
 */
export function conflateBook(items: readonly BookUpdate[]): Room<BookUpdate> {
  const byAsset = new Map<number, BookUpdate[]>();
  for (const item of items) {
    const list = byAsset.get(item.asset);
    if (list === undefined) byAsset.set(item.asset, [item]);
    else list.push(item);
  }
  const merged = [...byAsset.values()].map(mergeOne);
  return { items: merged, dropped: 0, conflated: items.length - merged.length };
}

/** Frees room among all kinds of events: book batches merge, the older half of the trades goes. */
export function makeRoomForAll(items: readonly ClientEvent[]): Room<ClientEvent> {
  const books = conflateBook(items.filter((item) => item.type === 'bookUpdate'));
  const lastBook = new Map(books.items.map((book) => [book.asset, book]));
  const lossy = items.filter(
    (item) => item.type === 'trade' || item.type === 'health' || item.type === 'snapshot',
  ).length;
  let toDrop = Math.ceil(lossy / 2);
  const dropped = toDrop;
  const left: ClientEvent[] = [];
  // A merged batch takes the place of the first of its instrument: no event is reported before the
  // book it refers to is at least as new.
  for (const item of items) {
    if (item.type === 'bookUpdate') {
      const book = lastBook.get(item.asset);
      if (book === undefined) continue;
      left.push(book);
      lastBook.delete(item.asset);
    } else if (
      toDrop > 0 &&
      (item.type === 'trade' || item.type === 'health' || item.type === 'snapshot')
    ) {
      toDrop -= 1;
    } else {
      left.push(item);
    }
  }
  return { items: left, dropped, conflated: books.conflated };
}

function mergeOne(batches: readonly BookUpdate[]): BookUpdate {
  const bids = new Map<number, BookLevel>();
  const asks = new Map<number, BookLevel>();
  let reset = false;
  let snapshot = false;
  let merged = 0;
  for (const batch of batches) {
    if (batch.reset) {
      reset = true;
      bids.clear();
      asks.clear();
    }
    snapshot ||= batch.snapshot;
    merged += batch.merged;
    // Taken out first, so that a changed level moves to the end: the order they were reported in.
    for (const level of batch.bids) {
      bids.delete(level.price);
      bids.set(level.price, level);
    }
    for (const level of batch.asks) {
      asks.delete(level.price);
      asks.set(level.price, level);
    }
  }
  const last = batches[batches.length - 1] as BookUpdate;
  return Object.freeze({
    ...last,
    bids: [...bids.values()],
    asks: [...asks.values()],
    reset,
    snapshot,
    merged,
  });
}
