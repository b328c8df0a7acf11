import { asError } from '../models/as-error.js';
import type { EventStream } from '../client/event-stream.js';
import { checkEvent, checkHandler } from '../models/check-event.js';
import type { NamesOf } from '../models/known-keys.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedHealth, FeedState } from './feed-health.js';
import { FeedHub, type ConsumerOptions } from './feed-hub.js';
import type { FeedMetrics } from './feed-metrics.js';
import {
  FEED_EVENTS,
  type FeedEventMap,
  type FeedEventName,
  type FeedHandler,
} from './feed-notice.js';

/** What `stream` takes. */
const MARKET_DATA: NamesOf<Record<FeedEvent['type'], unknown>> = { trade: true, depth: true };

/**
 * Normalised market data: over one connector (`HFTConnectorStream`), several (`MergedFeed`), one of
 * several (`FailoverFeed`), or whichever was chosen last (`SwitchableFeed`). All are read alike:
 *
 * ```ts
 * for await (const event of feed) …            // a queue of its own, as has feed.stream('trade')
 * feed.on('trade', (tick) => …);               // called at once, in order
 * ```
 *
 * What one consumer throws reaches `on('error')` and the log; the others do not notice.
 */
export abstract class Feed implements AsyncIterable<FeedEvent> {
  /** Name of the feed; of the connector for a feed over one. */
  readonly name: string;
  /** @internal */
  readonly hub: FeedHub;
  #state: FeedState = 'created';

  /** @internal */
  protected constructor(name: string) {
    this.name = name;
    this.hub = new FeedHub((error) => {
      this.onConsumerError(asError(error));
    });
  }

  /**
   * Connects and begins to read. Resolves when connected; idempotent while it runs. After `stop()`
   * or a failure it begins anew; queues that ended stay ended.
   *
   * @throws HftError `ERR_CONNECTOR_DOWN` when every attempt failed.
   */
  abstract start(): Promise<void>;
  /** Disconnects and ends every queue after what is in it. Idempotent, never throws. */
  abstract stop(): Promise<void>;
  /** Condition of the feed, made now. */
  abstract get health(): FeedHealth;
  /** Figures of the feed, made now. */
  abstract get metrics(): FeedMetrics;
  /** @internal */
  protected abstract onConsumerError(error: Error): void;

  /** Where the feed is in its life. */
  get state(): FeedState {
    return this.#state;
  }

  /**
   * Calls `handler` with each event of a kind, on this thread, in order.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for an event that there is not, with the nearest name.
   */
  on<K extends FeedEventName>(name: K, handler: FeedHandler<K>): this {
    checkEvent(name, FEED_EVENTS);
    checkHandler(name, handler);
    this.hub.on(name, handler);
    return this;
  }

  /** Takes a handler off again; does nothing when it is not there. */
  off<K extends FeedEventName>(name: K, handler: FeedHandler<K>): this {
    checkEvent(name, FEED_EVENTS);
    this.hub.off(name, handler);
    return this;
  }

  /** As `on`, for the next event only. */
  once<K extends FeedEventName>(name: K, handler: FeedHandler<K>): this {
    checkEvent(name, FEED_EVENTS);
    checkHandler(name, handler);
    const wrapped: FeedHandler<K> = (event) => {
      this.off(name, wrapped);
      return handler(event);
    };
    return this.on(name, wrapped);
  }

  /** Trades and updates in order, by a queue of its own. */
  events(options: ConsumerOptions = {}): EventStream<FeedEvent> {
    return this.hub.open('events', options);
  }

  /**
   * Trades (`trade`) or updates of books (`depth`), by a queue of its own.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for another event: take it with `on`.
   */
  stream<K extends FeedEvent['type']>(
    name: K,
    options: ConsumerOptions<FeedEventMap[K]> = {},
  ): EventStream<FeedEventMap[K]> {
    checkEvent(name, MARKET_DATA);
    return this.hub.open(name, options) as unknown as EventStream<FeedEventMap[K]>;
  }

  /** As `events()`. */
  [Symbol.asyncIterator](): AsyncIterator<FeedEvent, undefined> {
    return this.events();
  }

  /** As `stop()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @internal */
  protected enter(current: FeedState): void {
    const previous = this.#state;
    if (previous === current) return;
    this.#state = current;
    this.emit('state', Object.freeze({ type: 'state', previous, current }));
  }

  /** @internal */
  protected emit<K extends FeedEventName>(name: K, event: FeedEventMap[K]): void {
    this.hub.emit(name, event);
  }
}
