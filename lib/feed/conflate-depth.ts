import type { BookLevel } from '../models/book-level.js';
import { conflate } from '../models/conflate.js';
import type { Room } from '../models/event-queue.js';
import { mergeLevels } from '../models/merge-levels.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedEvent } from './feed-event.js';

const isUpdate = (item: FeedEvent): item is DepthUpdate => item.type === 'depth';
const bookOf = (update: DepthUpdate): string => `${update.source}\n${update.symbol}`;

/** Merges updates into one per source and symbol. */
export function conflateDepth(items: readonly DepthUpdate[]): Room<DepthUpdate> {
  return conflate(items, { isUpdate, bookOf, merge });
}

/** Frees room in a mixed queue: updates merge per book, the older half of the trades goes. */
export function conflateFeed(items: readonly FeedEvent[]): Room<FeedEvent> {
  return conflate(items, {
    isUpdate,
    bookOf,
    merge,
    halved: [({ type }) => type === 'trade'],
  });
}

function merge(updates: readonly DepthUpdate[]): DepthUpdate {
  const last = updates[updates.length - 1] as DepthUpdate;
  if (updates.length === 1) return last;
  const { bids, asks } = mergeLevels(
    updates,
    (level: BookLevel) => level.price,
    ({ snapshot }) => snapshot,
  );
  return Object.freeze({
    ...last,
    bids: Object.freeze(bids),
    asks: Object.freeze(asks),
    snapshot: updates.some(({ snapshot }) => snapshot),
    merged: updates.reduce((sum, { merged }) => sum + merged, 0),
  });
}
