import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { Trade } from '../models/trade.js';
import { checkEvent, checkHandler } from '../models/check-event.js';
import {
  CLIENT_EVENTS,
  type ClientEvent,
  type ClientEventMap,
  type ClientEventName,
} from './client-event.js';
import type { BookUpdate } from '../models/book-update.js';
import type { ClientHandler, EventHub, QueueName } from './event-hub.js';
import type { EventStream } from './event-stream.js';
import { checkTimeoutMs } from '../orders/order-checks.js';

/** The events of a client in their three ways: handlers, iterators, queues. */
export abstract class ClientEvents {
  readonly #hub: EventHub;

  /** @internal */
  protected constructor(hub: EventHub) {
    this.#hub = hub;
  }

  /**
   * Calls `handler` with each event of a kind, on this thread, in order. What it throws (or
   * rejects with) goes to `onError` and `error` handlers; without any it becomes an uncaught
   * exception of the process. The events after it are delivered either way.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for an event that there is not, with the nearest name.
   */
  on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
    checkEvent(name, CLIENT_EVENTS);
    checkHandler(name, handler);
    this.#hub.on(name, handler);
    return this;
  }

  /** Takes a handler off again; does nothing when it is not there. */
  off<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
    checkEvent(name, CLIENT_EVENTS);
    this.#hub.off(name, handler);
    return this;
  }

  /** As `on`, for the next event only. */
  once<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
    checkEvent(name, CLIENT_EVENTS);
    checkHandler(name, handler);
    const wrapped: ClientHandler<K> = (event) => {
      this.off(name, wrapped);
      return handler(event);
    };
    return this.on(name, wrapped);
  }

  /** Every event of every kind in order; bounded: when full, book updates merge and old trades go. */
  events(): EventStream<ClientEvent> {
    return this.#hub.streamAll();
  }

  /**
   * Events of one kind. Bounded as the queue of the same name (`LiveClientOptions.queues`), by
   * `streamCapacity` where there is none: when full, the oldest trades go, updates of books merge, and
   * what concerns orders, positions, balances, notices and errors is never dropped.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for an event that there is not, with the nearest name.
   */
  stream<K extends ClientEventName>(name: K): EventStream<ClientEventMap[K]> {
    checkEvent(name, CLIENT_EVENTS);
    return this.#hub.stream(name);
  }

  /**
   * The next event of a kind from its queue; `undefined` when none came within `timeoutMs`. Each event
   * goes to one taker, and a queue collects from its first use on, or from the start with
   * `collect: 'start'`. Waits for ever with `Infinity`.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for a kind without a queue.
   */
  get<K extends QueueName>(name: K, timeoutMs: number): Promise<ClientEventMap[K] | undefined> {
    return this.#hub.take(name, Number.isFinite(timeoutMs) ? checkTimeoutMs(timeoutMs) : timeoutMs);
  }

  /** The next event of a kind that is in its queue, else `undefined`; as `get` otherwise. */
  getNowait<K extends QueueName>(name: K): ClientEventMap[K] | undefined {
    return this.#hub.takeNow(name);
  }

  /** The next trade; `undefined` when none came within `timeoutMs`. */
  getTrade(timeoutMs: number): Promise<Trade | undefined> {
    return this.get('trade', timeoutMs);
  }

  /** The next trade that is there, else `undefined`. */
  getTradeNowait(): Trade | undefined {
    return this.getNowait('trade');
  }

  /** The next update of a book, all levels of one batch; `undefined` when none came within `timeoutMs`. */
  getBookUpdate(timeoutMs: number): Promise<BookUpdate | undefined> {
    return this.get('bookUpdate', timeoutMs);
  }

  /** The next update of a book that is there, else `undefined`. */
  getBookUpdateNowait(): BookUpdate | undefined {
    return this.getNowait('bookUpdate');
  }

  /** The next periodic snapshot; `undefined` when none came within `timeoutMs`. */
  getSnapshot(timeoutMs: number): Promise<DepthSnapshot | undefined> {
    return this.get('snapshot', timeoutMs);
  }

  /** The next periodic snapshot that is there, else `undefined`. */
  getSnapshotNowait(): DepthSnapshot | undefined {
    return this.getNowait('snapshot');
  }
}
