import { EventStream } from '../client/event-stream.js';
import { checkCount } from '../models/arguments.js';
import { HftError } from '../models/hft-error.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { conflateDepth, conflateFeed } from './conflate-depth.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedQueueHealth, FeedQueuePolicy } from './feed-health.js';
import type { FeedEventMap, FeedEventName, FeedHandler } from './feed-notice.js';
import { FeedQueue } from './feed-queue.js';

/** Kinds that a consumer's queue can hold. */
export type FeedQueueKind = 'trade' | 'depth' | 'events';

/** How one consumer reads a feed. */
export interface ConsumerOptions<T extends FeedEvent = FeedEvent> {
  /** Default `drop-oldest` for trades, `conflate` for depth and for both together. */
  readonly policy?: FeedQueuePolicy;
  /** Bound in events. Default 65 536 for trades and for both together, 16 384 for depth. */
  readonly capacity?: number;
  /** Only events for which it holds are queued. What it throws is reported; the event is left out. */
  readonly filter?: (event: T) => boolean;
  /** Name in health and notices. Default the kind and a number. */
  readonly name?: string;
}

const KEYS = knownKeys<ConsumerOptions>({ policy: true, capacity: true, filter: true, name: true });

interface Outlet {
  readonly kind: FeedQueueKind;
  readonly queue: NamedQueue;
  readonly stream: EventStream<FeedEvent>;
  readonly filter: ((event: FeedEvent) => boolean) | undefined;
  dropped: number;
  nextReportMs: number;
  unreported: number;
}

const DEFAULTS: Readonly<Record<FeedQueueKind, { policy: FeedQueuePolicy; capacity: number }>> = {
  trade: { policy: 'drop-oldest', capacity: 65_536 },
  depth: { policy: 'conflate', capacity: 16_384 },
  events: { policy: 'conflate', capacity: 65_536 },
};
const POLICIES: readonly unknown[] = ['conflate', 'drop-oldest', 'block'];
const NOTICE_INTERVAL_MS = 1_000;

/** Fans events out to handlers and queues. Each sees every event; none can stop another. */
export class FeedHub {
  readonly #handlers = new Map<FeedEventName, readonly FeedHandler<never>[]>();
  readonly #onConsumerError: (error: unknown) => void;
  readonly #gates = new Set<() => Promise<void> | undefined>();
  #outlets: readonly Outlet[] = [];
  #blocking: readonly Outlet[] = [];
  #serial = 0;
  #ended = false;

  constructor(onConsumerError: (error: unknown) => void) {
    this.#onConsumerError = onConsumerError;
  }

  on<K extends FeedEventName>(name: K, handler: FeedHandler<K>): void {
    if (typeof handler !== 'function')
      throw new HftError('ERR_INVALID_ARGUMENT', `handler: no function for "${name}".`);
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
  }

  off<K extends FeedEventName>(name: K, handler: FeedHandler<K>): void {
    const handlers = this.#handlers.get(name) ?? [];
    const at = handlers.lastIndexOf(handler);
    if (at >= 0)
      this.#handlers.set(
        name,
        handlers.filter((_, index) => index !== at),
      );
  }

  handlerCount(name: FeedEventName): number {
    return this.#handlers.get(name)?.length ?? 0;
  }

  /** Market data: to the handlers of its kind and to every queue that wants it. */
  emitEvent(event: FeedEvent): void {
    this.emit(event.type, event);
    for (const outlet of this.#outlets) {
      if (outlet.kind !== 'events' && outlet.kind !== event.type) continue;
      if (outlet.filter !== undefined && !this.#passes(outlet.filter, event)) continue;
      outlet.queue.push(event);
    }
  }

  /** Calls the handlers of one kind; what they throw or reject with is reported. */
  emit<K extends FeedEventName>(name: K, event: FeedEventMap[K]): void {
    const handlers = this.#handlers.get(name);
    if (handlers === undefined) return;
    for (const handler of handlers) {
      try {
        const result = (handler as FeedHandler<K>)(event);
        if (result instanceof Promise) result.catch(this.#onConsumerError);
      } catch (error) {
        this.#onConsumerError(error);
      }
    }
  }

  /** A queue of its own for one consumer. @throws HftError `ERR_INVALID_ARGUMENT`. */
  open(kind: FeedQueueKind, options: ConsumerOptions<never> = {}): EventStream<FeedEvent> {
    const { policy, capacity } = check(kind, options);
    this.#serial += 1;
    const name = options.name ?? `${kind}:${String(this.#serial)}`;
    if (this.#outlets.some((other) => other.queue.name === name))
      throw new HftError('ERR_INVALID_ARGUMENT', `name: a consumer ${name} is there already.`);
    const queue = new NamedQueue(name, {
      policy,
      capacity,
      merge: (kind === 'depth' ? conflateDepth : conflateFeed) as typeof conflateFeed,
      onDropped: (count) => {
        this.#onDropped(outlet, count);
      },
    });
    const stream = new EventStream<FeedEvent>(queue, () => {
      this.#setOutlets(this.#outlets.filter((other) => other !== outlet));
    });
    const outlet: Outlet = {
      kind,
      queue,
      stream,
      filter: options.filter as ((event: FeedEvent) => boolean) | undefined,
      dropped: 0,
      unreported: 0,
      nextReportMs: 0,
    };
    if (this.#ended) stream.end(undefined);
    else this.#setOutlets([...this.#outlets, outlet]);
    return stream;
  }

  /** A promise of room when a `block` queue, here or behind a gate, is full; else `undefined`. */
  room(): Promise<void> | undefined {
    for (const { queue } of this.#blocking) {
      const room = queue.room();
      if (room !== undefined) return room;
    }
    for (const gate of this.#gates) {
      const room = gate();
      if (room !== undefined) return room;
    }
    return undefined;
  }

  /** Another feed that reads this one by handlers, and may have to make it wait. */
  addGate(gate: () => Promise<void> | undefined): void {
    this.#gates.add(gate);
  }

  removeGate(gate: () => Promise<void> | undefined): void {
    this.#gates.delete(gate);
  }

  /** Sums over the queues of one kind; mixed queues count for both. */
  totals(kind: 'trade' | 'depth'): { size: number; dropped: number; conflated: number } {
    const sum = { size: 0, dropped: 0, conflated: 0 };
    for (const outlet of this.#outlets) {
      if (outlet.kind !== 'events' && outlet.kind !== kind) continue;
      const { size, dropped, conflated } = outlet.queue.health;
      sum.size += size;
      sum.dropped += dropped;
      sum.conflated += conflated;
    }
    return sum;
  }

  get queueSize(): number {
    return this.#outlets.reduce((sum, { queue }) => sum + queue.size, 0);
  }

  queues(): Record<string, FeedQueueHealth> {
    return Object.fromEntries(
      this.#outlets.map((outlet) => [outlet.queue.name, outlet.queue.feedHealth]),
    );
  }

  /** Ends every queue after what is in it, with an error when the feed failed. */
  end(failure: Error | undefined): void {
    this.#ended = true;
    for (const { stream } of this.#outlets) stream.end(failure);
    this.#blocking = [];
  }

  /** Queues may be opened again after `end`. */
  revive(): void {
    if (!this.#ended) return;
    this.#ended = false;
    // What ended stays readable by those who hold it, and is of no concern here any more.
    this.#setOutlets([]);
  }

  #setOutlets(outlets: readonly Outlet[]): void {
    this.#outlets = outlets;
    this.#blocking = outlets.filter(({ queue }) => queue.feedHealth.policy === 'block');
  }

  #passes(filter: (event: FeedEvent) => boolean, event: FeedEvent): boolean {
    try {
      return filter(event);
    } catch (error) {
      this.#onConsumerError(error);
      return false;
    }
  }

  #onDropped(outlet: Outlet, count: number): void {
    outlet.dropped += count;
    outlet.unreported += count;
    const nowMs = performance.now();
    if (nowMs < outlet.nextReportMs) return;
    outlet.nextReportMs = nowMs + NOTICE_INTERVAL_MS;
    const notice = Object.freeze({
      type: 'dropped' as const,
      queue: outlet.queue.name,
      count: outlet.unreported,
      total: outlet.dropped,
    });
    outlet.unreported = 0;
    this.emit('dropped', notice);
  }
}

class NamedQueue extends FeedQueue<FeedEvent> {
  readonly name: string;

  constructor(name: string, options: ConstructorParameters<typeof FeedQueue<FeedEvent>>[0]) {
    super(options);
    this.name = name;
  }
}

function check(
  kind: FeedQueueKind,
  options: ConsumerOptions<never>,
): { policy: FeedQueuePolicy; capacity: number } {
  checkKeys(options, KEYS, '');
  const { policy = DEFAULTS[kind].policy, capacity = DEFAULTS[kind].capacity } = options;
  if (!POLICIES.includes(policy))
    invalid('policy', policy, 'must be conflate, drop-oldest or block');
  if (kind === 'trade' && policy === 'conflate')
    throw new HftError('ERR_INVALID_ARGUMENT', 'policy: trades cannot be conflated.', {
      remedy: 'Use drop-oldest or block.',
    });
  return { policy, capacity: checkCount(capacity, 'capacity', 2 ** 24) };
}

/** Streams of one kind, typed. */
export type FeedStreamOf<K extends FeedQueueKind> = EventStream<
  K extends 'trade' ? FeedEventMap['trade'] : K extends 'depth' ? DepthUpdate : FeedEvent
>;
