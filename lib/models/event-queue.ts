/**
 * What a queue does when it is full.
 * - `drop-oldest`: the oldest item goes and is counted.
 * - `conflate`: what is queued for the same instrument is merged into one item, so that nothing of
 *   the final state is lost; merged items are counted.
 * - `keep`: nothing is ever dropped; passing the capacity raises an alarm instead.
 */
export type QueuePolicy = 'drop-oldest' | 'conflate' | 'keep';

/** Size and counters of one queue. */
export interface QueueHealth {
  /** Items that wait. */
  readonly size: number;
  /** Bound in items. */
  readonly capacity: number;
  readonly policy: QueuePolicy;
  /** Items that went unread because the queue was full. */
  readonly dropped: number;
  /** Items merged into others because the queue was full. */
  readonly conflated: number;
  /** Items put in since the queue was made. */
  readonly pushed: number;
  /** Most items that waited at once. */
  readonly highWater: number;
}

/** What is left of a full queue, and what became of the rest. */
export interface Room<T> {
  readonly items: readonly T[];
  readonly dropped: number;
  readonly conflated: number;
}

export interface EventQueueOptions<T> {
  /** Bound in items, at least 1. */
  readonly capacity: number;
  readonly policy: QueuePolicy;
  /** Frees room in a full queue in its own way; what it keeps may exceed the capacity (alarm). */
  readonly makeRoom?: (items: readonly T[]) => Room<T>;
  /** Called when the queue loses `count` items, or when it holds `count` and may not drop any. */
  readonly onPressure?: (kind: 'dropped' | 'alarm', count: number) => void;
}

interface Waiter<T> {
  readonly resolve: (item: T | undefined) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * A queue with one producer on this thread and any number of waiting takers; each item goes to
 * one taker, in order. Bounded by its policy.
 */
export class EventQueue<T> {
  readonly #options: EventQueueOptions<T>;
  #items: (T | undefined)[];
  #head = 0;
  #size = 0;
  #waiters: Waiter<T>[] = [];
  #closed = false;
  #dropped = 0;
  #conflated = 0;
  #pushed = 0;
  #highWater = 0;
  /** Size at which room must be made: the capacity, or twice the size once none could be made. */
  #limit: number;

  constructor(options: EventQueueOptions<T>) {
    if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) {
      throw new RangeError(
        `queue capacity must be an integer of at least 1, got ${String(options.capacity)}`,
      );
    }
    this.#options = options;
    this.#items = new Array<T | undefined>(16);
    this.#limit = options.capacity;
  }

  get size(): number {
    return this.#size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get health(): QueueHealth {
    return {
      size: this.#size,
      capacity: this.#options.capacity,
      policy: this.#options.policy,
      dropped: this.#dropped,
      conflated: this.#conflated,
      pushed: this.#pushed,
      highWater: this.#highWater,
    };
  }

  push(item: T): void {
    if (this.#closed) return;
    this.#pushed += 1;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      clearTimeout(waiter.timer);
      waiter.resolve(item);
      return;
    }
    if (this.#size >= this.#limit) this.#makeRoom();
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) % this.#items.length] = item;
    this.#size += 1;
    if (this.#size > this.#highWater) this.#highWater = this.#size;
  }

  /** The oldest item, `undefined` when there is none now. */
  takeNow(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#items.length;
    this.#size -= 1;
    // Re-arms the alarm once half of the pressure is gone.
    if (this.#size <= this.#options.capacity / 2) this.#limit = this.#options.capacity;
    return item;
  }

  /**
   * The oldest item; waits for one up to `timeoutMs` (`Infinity`: until the queue closes).
   * Resolves to `undefined` on time-out and when the queue is closed and empty.
   */
  take(timeoutMs: number): Promise<T | undefined> {
    const item = this.takeNow();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#closed || timeoutMs <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiter: Waiter<T> = { resolve, timer: undefined };
      if (Number.isFinite(timeoutMs)) {
        waiter.timer = setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          resolve(undefined);
        }, timeoutMs);
      }
      this.#waiters.push(waiter);
    });
  }

  /** No more items come in; what is queued can still be taken. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.resolve(undefined);
    }
  }

  #makeRoom(): void {
    const { policy, capacity, makeRoom, onPressure } = this.#options;
    let lost = 0;
    if (makeRoom !== undefined) {
      const room = makeRoom(this.#drain());
      for (const item of room.items) this.#items[this.#size++] = item;
      this.#conflated += room.conflated;
      lost = room.dropped;
    } else if (policy === 'drop-oldest') {
      this.takeNow();
      lost = 1;
    }
    this.#dropped += lost;
    if (lost > 0) onPressure?.('dropped', lost);
    if (this.#size < capacity) return;
    // Twice the size before the next alarm: reported, not spammed.
    this.#limit = Math.max(capacity, this.#size) * 2;
    onPressure?.('alarm', this.#size + 1);
  }

  #drain(): T[] {
    const all: T[] = [];
    for (let item = this.takeNow(); item !== undefined; item = this.takeNow()) all.push(item);
    this.#head = 0;
    return all;
  }

  #grow(): void {
    const size = this.#size;
    const items = new Array<T | undefined>(this.#items.length * 2);
    for (let i = 0; i < size; i += 1) items[i] = this.#items[(this.#head + i) % this.#items.length];
    this.#items = items;
    this.#head = 0;
  }
}
