import type { FeedEvent } from './feed-event.js';

interface Held {
  readonly event: FeedEvent;
  readonly key: number;
  readonly order: number;
  readonly arrivedMs: number;
  released: boolean;
}

/** Bounds of a {@link ReorderBuffer}. */
export interface ReorderOptions {
  /** Longest time that an event is held, ms. */
  readonly windowMs: number;
  /** Most events held; one more releases the oldest early. */
  readonly maxHeld: number;
}

/** What the reordering of a merged feed did. */
export interface ReorderCounts {
  readonly held: number;
  /** Events that came after a later one had been released: reported at once, out of order. */
  readonly late: number;
  /** Events released before their time because the buffer was full. */
  readonly forced: number;
}

/**
 * Puts the events of several sources in the order of their exchange times. An event is held until
 * every live source has reported something later, and for `windowMs` at most. The order within one
 * source never changes, because its books depend on it: a time that runs backwards there counts as
 * the one before it.
 */
export class ReorderBuffer {
  readonly #options: ReorderOptions;
  readonly #emit: (event: FeedEvent) => void;
  /** A binary heap, least exchange time first. */
  readonly #heap: Held[] = [];
  /** The same events as they arrived, from `#first` on. */
  #arrived: Held[] = [];
  #first = 0;
  readonly #newest = new Map<number, number>();
  #order = 0;
  #released = -Infinity;
  #late = 0;
  #forced = 0;

  constructor(options: ReorderOptions, emit: (event: FeedEvent) => void) {
    this.#options = options;
    this.#emit = emit;
  }

  get counts(): ReorderCounts {
    return { held: this.#heap.length, late: this.#late, forced: this.#forced };
  }

  /** When the event that is held longest must go, on the clock of `push`; `undefined`: none is. */
  get nextDueMs(): number | undefined {
    const oldest = this.#oldest();
    return oldest === undefined ? undefined : oldest.arrivedMs + this.#options.windowMs;
  }

  /** @param source - Number of the source. @param nowMs - A monotonic clock. */
  push(event: FeedEvent, source: number, nowMs: number): void {
    const key = Math.max(keyOf(event), this.#newest.get(source) ?? -Infinity);
    this.#newest.set(source, key);
    if (key < this.#released) {
      this.#late += 1;
      this.#emit(event);
      return;
    }
    this.#order += 1;
    const held: Held = { event, key, order: this.#order, arrivedMs: nowMs, released: false };
    this.#add(held);
    this.#arrived.push(held);
    while (this.#heap.length > this.#options.maxHeld) {
      this.#forced += 1;
      this.#release();
    }
    this.release(nowMs);
  }

  /** Reports every event whose time has come. */
  release(nowMs: number): void {
    let safe = Infinity;
    for (const key of this.#newest.values()) safe = Math.min(safe, key);
    // An event whose window has ended takes with it whatever stands before it.
    const endedMs = nowMs - this.#options.windowMs;
    for (
      let at = this.#oldest();
      at !== undefined && at.arrivedMs <= endedMs;
      at = this.#oldest()
    ) {
      while (!at.released) this.#release();
    }
    for (let head = this.#heap[0]; head !== undefined && head.key <= safe; head = this.#heap[0])
      this.#release();
  }

  /** A source takes part: its events are waited for, up to the window. */
  join(source: number): void {
    if (!this.#newest.has(source)) this.#newest.set(source, -Infinity);
  }

  /** A source went away: no event waits for it any more. */
  leave(source: number, nowMs: number): void {
    this.#newest.delete(source);
    this.release(nowMs);
  }

  /** Reports everything that is held. */
  flush(): void {
    while (this.#heap.length > 0) this.#release();
  }

  #oldest(): Held | undefined {
    while (this.#arrived[this.#first]?.released === true) this.#first += 1;
    if (this.#first > 1_024 && this.#first * 2 > this.#arrived.length) {
      this.#arrived = this.#arrived.slice(this.#first);
      this.#first = 0;
    }
    return this.#arrived[this.#first];
  }

  #release(): void {
    const head = this.#take();
    head.released = true;
    if (head.key > this.#released) this.#released = head.key;
    this.#emit(head.event);
  }

  #add(item: Held): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent] as Held)) break;
      heap[at] = heap[parent] as Held;
      at = parent;
    }
    heap[at] = item;
  }

  #take(): Held {
    const heap = this.#heap;
    const head = heap[0] as Held;
    const last = heap.pop() as Held;
    if (heap.length === 0) return head;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Held, heap[child] as Held))
        child += 1;
      if (!isBefore(heap[child] as Held, last)) break;
      heap[at] = heap[child] as Held;
      at = child;
    }
    heap[at] = last;
    return head;
  }
}

/** Exchange time in ms; below them where the source knows it, to about 0.25 µs. */
function keyOf(event: FeedEvent): number {
  return event.timestampNs === undefined ? event.timestampMs : Number(event.timestampNs) / 1e6;
}

function isBefore(a: Held, b: Held): boolean {
  return a.key < b.key || (a.key === b.key && a.order < b.order);
}
