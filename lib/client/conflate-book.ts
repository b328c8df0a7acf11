import type { BookLevel } from '../models/book-level.js';
import type { BookUpdate } from '../models/book-update.js';
import { conflate } from '../models/conflate.js';
import type { Room } from '../models/event-queue.js';
import { mergeLevels } from '../models/merge-levels.js';
import type { ClientEvent } from './client-event.js';

const isUpdate = (item: ClientEvent): item is BookUpdate => item.type === 'bookUpdate';
const bookOf = (update: BookUpdate): number => update.asset;

/** Merges book updates into one per instrument. */
export function conflateBook(items: readonly BookUpdate[]): Room<BookUpdate> {
  return conflate(items, { isUpdate, bookOf, merge });
}

/**
 * Frees room among all kinds of events: book updates merge, the older half of the trades, snapshots
 * and health events goes.
 */
export function makeRoomForAll(items: readonly ClientEvent[]): Room<ClientEvent> {
  return conflate(items, {
    isUpdate,
    bookOf,
    merge,
    halved: [({ type }) => type === 'trade' || type === 'health' || type === 'snapshot'],
  });
}

function merge(updates: readonly BookUpdate[]): BookUpdate {
  const last = updates[updates.length - 1] as BookUpdate;
  const { bids, asks } = mergeLevels(
    updates,
    (level: BookLevel) => level.price,
    ({ reset }) => reset,
  );
  return Object.freeze({
    ...last,
    bids,
    asks,
    reset: updates.some(({ reset }) => reset),
    snapshot: updates.some(({ snapshot }) => snapshot),
    merged: updates.reduce((sum, { merged }) => sum + merged, 0),
  });
}
