import { conflate } from '../models/conflate.js';
import { EventQueue, type Room } from '../models/event-queue.js';
import { mergeLevels } from '../models/merge-levels.js';
import type { RawDepth, RawError, RawLevel, RawStatus, RawTrade } from './raw-event.js';

/** Events that a connector of this package reports. */
export type InboxEvent = RawTrade | RawDepth | RawStatus | RawError;

/**
 * Between a venue that reports and a stream that asks. When the stream is slow, updates of a book
 * merge (the book stays right) and the older half of the trades goes, counted; errors and states
 * stay.
 */
export class ConnectorInbox {
  readonly #queue: EventQueue<InboxEvent>;

  /** @param capacity - Bound in events. Default 65 536. */
  constructor(capacity = 65_536) {
    this.#queue = new EventQueue<InboxEvent>({ capacity, policy: 'conflate', makeRoom });
  }

  push(event: InboxEvent): void {
    this.#queue.push(event);
  }

  /** The oldest event at once when there is one, else after a wait of up to `timeoutMs`. */
  next(timeoutMs: number): Promise<InboxEvent | undefined> | InboxEvent | undefined {
    return this.#queue.takeNow() ?? (timeoutMs > 0 ? this.#queue.take(timeoutMs) : undefined);
  }

  clear(): void {
    while (this.#queue.takeNow() !== undefined);
  }

  get health(): { queueSize: number; dropped: number; conflated: number } {
    const { size, dropped, conflated } = this.#queue.health;
    return { queueSize: size, dropped, conflated };
  }
}

function makeRoom(items: readonly InboxEvent[]): Room<InboxEvent> {
  return conflate(items, {
    // What cannot be merged is left for the stream, which says what is wrong with it.
    isUpdate: (item): item is RawDepth => item.type === 'depth' && isMergeable(item),
    bookOf: ({ symbol }) => symbol ?? '',
    merge,
    halved: [({ type }) => type === 'trade'],
  });
}

function isMergeable({ bids, asks }: RawDepth): boolean {
  const isLevel = (level: unknown): boolean => typeof level === 'object' && level !== null;
  return [bids, asks].every((side: unknown) => Array.isArray(side) && side.every(isLevel));
}

function merge(updates: readonly RawDepth[]): RawDepth {
  const last = updates[updates.length - 1] as RawDepth;
  if (updates.length === 1) return last;
  const { bids, asks } = mergeLevels(
    updates,
    (level: RawLevel) => Number('price' in level ? level.price : level[0]),
    ({ snapshot }) => snapshot === true,
  );
  return {
    ...last,
    bids,
    asks,
    snapshot: updates.some(({ snapshot }) => snapshot === true),
    merged: updates.reduce((sum, { merged }) => sum + (merged ?? 1), 0),
  };
}
