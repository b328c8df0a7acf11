import type { BalanceChange } from '../models/balance-change.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { OrderResponse } from '../models/order-response.js';
import type { PositionChange } from '../models/position-change.js';
import type { Trade } from '../models/trade.js';
import type {
  BookBatch,
  ClientEvent,
  ClientEventMap,
  ClientEventName,
  OrderStateChange,
} from './client-event.js';
import type { ClientHandler, EventHub, QueueName } from './event-hub.js';
import type { EventStream } from './event-stream.js';
import { checkTimeoutMs } from './order-checks.js';

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
   */
  on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
    this.#hub.on(name, handler);
    return this;
  }

  /** Takes a handler off again; does nothing when it is not there. */
  off<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
    this.#hub.off(name, handler);
    return this;
  }

  /** As `on`, for the next event only. */
  once<K extends ClientEventName>(name: K, handler: ClientHandler<K>): this {
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

  /** Events of one kind. */
  stream<K extends ClientEventName>(name: K): EventStream<ClientEventMap[K]> {
    return this.#hub.stream(name);
  }

  /** Trades at the venue. Bounded: when full, the oldest go and are counted. */
  trades(): EventStream<Trade> {
    return this.stream('trade');
  }

  /** Batches of level changes. Bounded: when full, batches merge and the book stays right. */
  bookUpdates(): EventStream<BookBatch> {
    return this.stream('bookUpdate');
  }

  /** The books as they stand, every `snapshotIntervalMs`, of those that changed. */
  snapshots(): EventStream<DepthSnapshot> {
    return this.stream('snapshot');
  }

  /** Updates of own orders as the connector told them; never dropped. */
  orders(): EventStream<OrderResponse> {
    return this.stream('order');
  }

  /** Changes of own orders from one state to the next, fills included; never dropped. */
  orderStates(): EventStream<OrderStateChange> {
    return this.stream('orderState');
  }

  /** Changes of positions; never dropped. */
  positions(): EventStream<PositionChange> {
    return this.stream('position');
  }

  /** Balances of the account as the connector tells them; never dropped. */
  balances(): EventStream<BalanceChange> {
    return this.stream('balance');
  }

  /** What else the connectors tell; never dropped. */
  connectorNotices(): EventStream<ConnectorNotice> {
    return this.stream('notice');
  }

  /** The next event from a queue; waits up to `timeoutMs`, `undefined` when none came. */
  get<K extends QueueName>(name: K, timeoutMs: number): Promise<ClientEventMap[K] | undefined> {
    return this.#hub.take(name, Number.isFinite(timeoutMs) ? checkTimeoutMs(timeoutMs) : timeoutMs);
  }

  /** The next event from a queue, `undefined` when there is none now. */
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

  /** The next batch of level changes; `undefined` when none came within `timeoutMs`. */
  getBookUpdate(timeoutMs: number): Promise<BookBatch | undefined> {
    return this.get('bookUpdate', timeoutMs);
  }

  /** The next batch of level changes that is there, else `undefined`. */
  getBookUpdateNowait(): BookBatch | undefined {
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

  /** The next change of an own order; `undefined` when none came within `timeoutMs`. */
  getOrderUpdate(timeoutMs: number): Promise<OrderStateChange | undefined> {
    return this.get('orderState', timeoutMs);
  }

  /** The next change of an own order that is there, else `undefined`. */
  getOrderUpdateNowait(): OrderStateChange | undefined {
    return this.getNowait('orderState');
  }

  /** The next change of a position; `undefined` when none came within `timeoutMs`. */
  getPositionChange(timeoutMs: number): Promise<PositionChange | undefined> {
    return this.get('position', timeoutMs);
  }

  /** The next change of a position that is there, else `undefined`. */
  getPositionChangeNowait(): PositionChange | undefined {
    return this.getNowait('position');
  }

  /** The next balance; `undefined` when none came within `timeoutMs`. */
  getBalanceChange(timeoutMs: number): Promise<BalanceChange | undefined> {
    return this.get('balance', timeoutMs);
  }

  /** The next balance that is there, else `undefined`. */
  getBalanceChangeNowait(): BalanceChange | undefined {
    return this.getNowait('balance');
  }
}
