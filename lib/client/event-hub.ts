import { conflateBook, makeRoomForAll } from './conflate-book.js';
import type { ClientEvent, ClientEventMap, ClientEventName } from './client-event.js';
import { checkEvent } from '../models/check-event.js';
import { EventQueue, type QueueHealth, type QueuePolicy } from '../models/event-queue.js';
import { EventStream } from './event-stream.js';

/** Handles one event. What it throws or rejects with goes to `onError`, see `LiveClient.on`. */
export type ClientHandler<K extends ClientEventName> = (event: ClientEventMap[K]) => unknown;

/** Kinds of events that have a queue behind `get…`. */
export type QueueName =
  | 'trade'
  | 'bookUpdate'
  | 'snapshot'
  | 'executionReport'
  | 'orderUpdate'
  | 'position'
  | 'balance'
  | 'notice'
  | 'error';

/** Bound and behaviour of one queue. */
export interface QueueSettings {
  /** Bound in events. */
  readonly capacity: number;
  readonly policy: QueuePolicy;
  /** `start`: collects from the start; `use`: from the first `get…` call on. */
  readonly collect: 'use' | 'start';
}

export interface EventHubOptions {
  readonly queues: Readonly<Record<QueueName, QueueSettings>>;
  /** Capacity of the streams of kinds without a queue and of `events()`. */
  readonly streamCapacity: number;
  readonly onPressure: (queue: string, kind: 'dropped' | 'alarm', count: number) => void;
  /** A handler threw or its promise rejected; `name` is the event it handled. */
  readonly onHandlerError: (error: unknown, name: ClientEventName) => void;
}

interface Outlet {
  handlers: readonly ClientHandler<never>[];
  /** Behind `get…`; made when it starts to collect. */
  queue: EventQueue<ClientEvent> | undefined;
  streams: Set<{ queue: EventQueue<ClientEvent>; stream: EventStream<ClientEvent> }>;
}

/** Fans events out to handlers, queues and streams. Each of them sees every event once. */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #outlets = new Map<ClientEventName, Outlet>();
  readonly #all: Outlet = { handlers: [], queue: undefined, streams: new Set() };
  /** Queues by their name in health, streams included. */
  readonly #named = new Map<string, EventQueue<ClientEvent>>();
  /** Kinds with a listener: read on the hot path, kept up to date on changes. */
  readonly #wanted = new Set<ClientEventName>();
  #serial = 0;
  #ended = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    for (const [name, settings] of Object.entries(options.queues)) {
      if (settings.collect === 'start') this.#queueOf(name as QueueName);
    }
  }

  /** True when there is a listener: only then is an object made for the event. */
  wants(name: ClientEventName): boolean {
    return this.#all.streams.size > 0 || this.#wanted.has(name);
  }

  on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): void {
    const outlet = this.#outlet(name);
    outlet.handlers = [...outlet.handlers, handler];
    this.#refresh(name);
  }

  off<K extends ClientEventName>(name: K, handler: ClientHandler<K>): void {
    const outlet = this.#outlet(name);
    const at = outlet.handlers.lastIndexOf(handler);
    if (at >= 0) outlet.handlers = outlet.handlers.filter((_, i) => i !== at);
    this.#refresh(name);
  }

  handlerCount(name: ClientEventName): number {
    return this.#outlet(name).handlers.length;
  }

  emit<K extends ClientEventName>(name: K, event: ClientEventMap[K]): void {
    const outlet = this.#outlets.get(name);
    if (outlet !== undefined) {
      for (const handler of outlet.handlers) this.#call(handler, event, name);
      outlet.queue?.push(event);
      for (const { queue } of outlet.streams) queue.push(event);
    }
    for (const { queue } of this.#all.streams) queue.push(event);
  }

  /** The next event of a kind from its queue; `undefined` on time-out or when closed. */
  take<K extends QueueName>(name: K, timeoutMs: number): Promise<ClientEventMap[K] | undefined> {
    return this.#queueOf(name).take(timeoutMs) as Promise<ClientEventMap[K] | undefined>;
  }

  takeNow<K extends QueueName>(name: K): ClientEventMap[K] | undefined {
    return this.#queueOf(name).takeNow() as ClientEventMap[K] | undefined;
  }

  stream<K extends ClientEventName>(name: K): EventStream<ClientEventMap[K]> {
    const settings = (this.#options.queues as Partial<Record<ClientEventName, QueueSettings>>)[
      name
    ];
    const capacity = settings?.capacity ?? this.#options.streamCapacity;
    const stream = this.#addStream(
      this.#outlet(name),
      name,
      capacity,
      settings?.policy ?? 'drop-oldest',
    );
    this.#refresh(name);
    return stream as unknown as EventStream<ClientEventMap[K]>;
  }

  /** Every event of every kind, in order. */
  streamAll(): EventStream<ClientEvent> {
    return this.#addStream(this.#all, 'events', this.#options.streamCapacity, 'conflate');
  }

  /** Counters of each queue and stream that was ever used and is still there. */
  health(): Record<string, QueueHealth> {
    return Object.fromEntries([...this.#named].map(([name, queue]) => [name, queue.health]));
  }

  /** Ends queues and streams; what is queued can still be read. Idempotent. */
  end(failure: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const outlet of [...this.#outlets.values(), this.#all]) {
      outlet.queue?.close();
      for (const { stream } of [...outlet.streams]) stream.end(failure);
    }
  }

  #call(handler: ClientHandler<never>, event: ClientEvent, name: ClientEventName): void {
    try {
      const result = (handler as (event: ClientEvent) => unknown)(event);
      if (result instanceof Promise) {
        result.catch((error: unknown) => {
          this.#options.onHandlerError(error, name);
        });
      }
    } catch (error) {
      this.#options.onHandlerError(error, name);
    }
  }

  #outlet(name: ClientEventName): Outlet {
    let outlet = this.#outlets.get(name);
    if (outlet === undefined) {
      outlet = { handlers: [], queue: undefined, streams: new Set() };
      this.#outlets.set(name, outlet);
    }
    return outlet;
  }

  /** @throws HftError `ERR_INVALID_ARGUMENT` for a kind of events without a queue. */
  #queueOf(name: QueueName): EventQueue<ClientEvent> {
    checkEvent(name, this.#options.queues);
    const outlet = this.#outlet(name);
    if (outlet.queue === undefined) {
      const { capacity, policy } = this.#options.queues[name];
      outlet.queue = this.#makeQueue(name, capacity, policy, false);
      if (this.#ended) outlet.queue.close();
      this.#refresh(name);
    }
    return outlet.queue;
  }

  #addStream(
    outlet: Outlet,
    name: string,
    capacity: number,
    policy: QueuePolicy,
  ): EventStream<ClientEvent> {
    this.#serial += 1;
    const label = `${name}:${String(this.#serial)}`;
    const queue = this.#makeQueue(label, capacity, policy, outlet === this.#all);
    const stream = new EventStream<ClientEvent>(queue, () => {
      this.#named.delete(label);
      outlet.streams.delete(entry);
      if (outlet !== this.#all) this.#refresh(name as ClientEventName);
    });
    const entry = { queue, stream };
    outlet.streams.add(entry);
    if (this.#ended) stream.end(undefined);
    return stream;
  }

  #makeQueue(
    label: string,
    capacity: number,
    policy: QueuePolicy,
    mixed: boolean,
  ): EventQueue<ClientEvent> {
    const makeRoom = mixed ? makeRoomForAll : policy === 'conflate' ? conflateBook : undefined;
    const queue = new EventQueue<ClientEvent>({
      capacity,
      policy,
      ...(makeRoom === undefined ? {} : { makeRoom: makeRoom as typeof makeRoomForAll }),
      onPressure: (kind, count) => {
        this.#options.onPressure(label, kind, count);
      },
    });
    this.#named.set(label, queue);
    return queue;
  }

  #refresh(name: ClientEventName): void {
    const outlet = this.#outlet(name);
    const wanted =
      outlet.handlers.length > 0 || outlet.queue !== undefined || outlet.streams.size > 0;
    if (wanted) this.#wanted.add(name);
    else this.#wanted.delete(name);
  }
}
