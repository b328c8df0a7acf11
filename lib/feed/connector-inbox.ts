import { EventQueue, type Room } from '../models/event-queue.js';
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
  const trades = items.filter(({ type }) => type === 'trade').length;
  const dropped = Math.ceil(trades / 2);
  let toDrop = dropped;
  let conflated = 0;
  const books = new Map<string, RawDepth[]>();
  const kept: (InboxEvent | RawDepth[])[] = [];
  for (const item of items) {
    // What cannot be merged is left for the stream, which says what is wrong with it.
    if (item.type === 'depth' && isMergeable(item)) {
      const symbol = item.symbol ?? '';
      const updates = books.get(symbol);
      if (updates !== undefined) {
        updates.push(item);
        conflated += 1;
        continue;
      }
      const first = [item];
      books.set(symbol, first);
      kept.push(first);
    } else if (item.type === 'trade' && toDrop > 0) toDrop -= 1;
    else kept.push(item);
  }
  return {
    items: kept.map((item) => (Array.isArray(item) ? merge(item) : item)),
    dropped,
    conflated,
  };
}

function isMergeable({ bids, asks }: RawDepth): boolean {
  const isLevel = (level: unknown): boolean => typeof level === 'object' && level !== null;
  return [bids, asks].every((side: unknown) => Array.isArray(side) && side.every(isLevel));
}

function merge(updates: readonly RawDepth[]): RawDepth {
  const last = updates[updates.length - 1] as RawDepth;
  if (updates.length === 1) return last;
  const bids = new Map<number, RawLevel>();
  const asks = new Map<number, RawLevel>();
  let snapshot = false;
  let merged = 0;
  for (const update of updates) {
    if (update.snapshot === true) {
      snapshot = true;
      bids.clear();
      asks.clear();
    }
    merged += update.merged ?? 1;
    setAll(bids, update.bids);
    setAll(asks, update.asks);
  }
  return { ...last, bids: [...bids.values()], asks: [...asks.values()], snapshot, merged };
}

function setAll(side: Map<number, RawLevel>, levels: readonly RawLevel[]): void {
  for (const level of levels) {
    const price = Number('price' in level ? level.price : level[0]);
    side.delete(price);
    side.set(price, level);
  }
}
