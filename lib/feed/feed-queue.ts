import { EventQueue, type Room } from '../models/event-queue.js';
import type { FeedQueueHealth, FeedQueuePolicy } from './feed-health.js';

/** Bound and behaviour of one consumer's queue. */
export interface FeedQueueOptions<T> {
  /** Bound in events, at least 1. */
  readonly capacity: number;
  readonly policy: FeedQueuePolicy;
  /** Merges what is queued; required for `conflate`. */
  readonly merge: (items: readonly T[]) => Room<T>;
  readonly onDropped: (count: number) => void;
}

/** The queue of one consumer: an `EventQueue` that can also make its producer wait. */
export class FeedQueue<T> extends EventQueue<T> {
  readonly #policy: FeedQueuePolicy;
  readonly #capacity: number;
  #waiting: (() => void)[] = [];
  #blocked = 0;
  #blockedMs = 0;
  #blockedSinceMs = 0;

  constructor({ capacity, policy, merge, onDropped }: FeedQueueOptions<T>) {
    super({
      capacity,
      // With `block` the producer keeps the bound by itself: it asks `room()` first.
      policy: policy === 'block' ? 'keep' : policy,
      ...(policy === 'conflate' ? { makeRoom: merge } : {}),
      onPressure: (kind, count) => {
        if (kind === 'dropped') onDropped(count);
      },
    });
    this.#policy = policy;
    this.#capacity = capacity;
  }

  /** With `block`: a promise of room when there is none. Else `undefined`: go on. */
  room(): Promise<void> | undefined {
    if (this.#policy !== 'block' || this.closed || this.size < this.#capacity) return undefined;
    if (this.#waiting.length === 0) {
      this.#blocked += 1;
      this.#blockedSinceMs = performance.now();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  override takeNow(): T | undefined {
    const item = super.takeNow();
    if (this.#waiting.length > 0 && this.size < this.#capacity) this.#release();
    return item;
  }

  override close(): void {
    super.close();
    if (this.#waiting.length > 0) this.#release();
  }

  get feedHealth(): FeedQueueHealth {
    return {
      ...this.health,
      policy: this.#policy,
      blocked: this.#blocked,
      blockedMs:
        this.#waiting.length === 0
          ? this.#blockedMs
          : this.#blockedMs + performance.now() - this.#blockedSinceMs,
    };
  }

  #release(): void {
    this.#blockedMs += performance.now() - this.#blockedSinceMs;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
