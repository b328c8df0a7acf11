import type { BotStats } from './bot-stats.js';
import type { ConnectionHealth } from './connection-health.js';
import type { DepthSnapshot } from './depth-snapshot.js';
import type { ElapseResult } from './elapse-result.js';
import type { InstrumentSpec } from './live-instrument.js';
import type { OrderRequest } from './order-request.js';
import type { OrdersKind } from './orders-kind.js';
import type { OrderResponse } from './order-response.js';
import type { OrderType } from './order-type.js';
import type { RecordReader } from './record-reader.js';
import type { TimeInForce } from './time-in-force.js';
import type { Trade } from './trade.js';
import type { FeedLatency, OrderLatency } from './feed-latency.js';
import type { MarketDepthView } from './market-depth-view.js';
import type { StateValues } from './state-values.js';

/** Waits for the first response to an order request. */
export interface OrderWait {
  /** Longest wait, ms; above 0, at most 60 000. */
  readonly timeoutMs: number;
}

/** An order id, from 1 to 2^64 - 1. A `number` is taken when it is a safe integer. */
export type OrderId = bigint | number;

/**
 * A low-level bot: every method of hftbacktest's `Bot` trait and what TypeScript needs besides.
 * It belongs to the thread that made it and its waits block that thread: use it in a worker, or
 * use `LiveClient`.
 *
 * `asset` is the index of an instrument in the order given to the bot. Every method throws
 * `HftError`: `ERR_INVALID_ARGUMENT` before anything is sent when an argument is wrong,
 * `ERR_INSTRUMENT_NOT_FOUND` for an unknown `asset`, `ERR_CLOSED` after `close()`. Calls that
 * change orders throw the codes they name; nothing that a venue or an order does can end the
 * process.
 */
export interface Bot extends Disposable {
  /** `native`: shared memory and a connector process. `stub`: made-up data, never a venue. */
  readonly backend: 'native' | 'stub';
  /** The bot's id on the wire. */
  readonly botId: bigint;
  /** The instruments, in the order of their asset numbers. */
  readonly instruments: readonly InstrumentSpec[];
  /** True after `close()`. */
  readonly closed: boolean;
  /** True when no more events will come: a stop was asked for, or the stub's data ended. */
  readonly ended: boolean;

  /** The bot's local time, Unix ns. A `bigint`: Unix ns are above 2^53. */
  currentTimestampNs(): bigint;
  /**
   * The clock of `sentMonoNs` and `recvMonoNs`, ns: CLOCK_MONOTONIC, or virtual time on a stub
   * that does not run in real time. For durations.
   */
  monotonicNs(): number;
  /** How many instruments the bot has. */
  numAssets(): number;
  /**
   * Signed quantity: above 0 long, below 0 short. NaN while it is not known: before the connector
   * has reported it, without a key for the account, and when the venue does not report it (notice 3222).
   * hftbacktest's connectors report no flat position; with them it is 0 until they report another.
   */
  position(asset: number): number;
  /** What is known of the account; live that is the position only. */
  stateValues(asset: number): StateValues;
  /** The book; the same object in every call. */
  depth(asset: number): MarketDepthView;
  /**
   * A copy of the book.
   *
   * @param levels - Levels per side, default 20.
   */
  depthSnapshot(asset: number, levels?: number): DepthSnapshot;
  /** The last trades, oldest first, at most the instrument's `lastTradesCapacity`. */
  lastTrades(asset: number): readonly Trade[];
  /** Forgets the last trades of one instrument, or of all. */
  clearLastTrades(asset?: number): void;
  /** All orders the bot holds, finished ones until `clearInactiveOrders`. */
  orders(asset: number): ReadonlyMap<bigint, OrderResponse>;
  /** One order, `null` when the bot holds none with that id. */
  order(asset: number, orderId: OrderId): OrderResponse | null;

  /**
   * Sends a buy order.
   *
   * @returns `ok` when sent; with `wait`, `order_response` when answered, `end_of_data` when
   * interrupted.
   * @throws HftError `ERR_ORDER_ID_EXISTS`, `ERR_CONNECTOR_DOWN`, `ERR_SEND_FAILED`, and
   * `ERR_TIMEOUT` when `wait` ends without an answer: the order may still stand.
   */
  submitBuyOrder(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    timeInForce: TimeInForce,
    orderType: OrderType,
    wait?: OrderWait,
  ): ElapseResult;
  /** Sends a sell order; otherwise as `submitBuyOrder`. */
  submitSellOrder(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    timeInForce: TimeInForce,
    orderType: OrderType,
    wait?: OrderWait,
  ): ElapseResult;
  /** Sends an order; otherwise as `submitBuyOrder`. */
  submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult;
  /**
   * Changes price and quantity of an open order.
   *
   * @throws HftError as `submitBuyOrder`, and `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`,
   * `ERR_UNSUPPORTED_BY_CONNECTOR` (upstream's connector cannot amend).
   */
  modify(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    wait?: OrderWait,
  ): ElapseResult;
  /**
   * Cancels an open order.
   *
   * @throws HftError as `submitBuyOrder`, and `ERR_ORDER_NOT_FOUND`, `ERR_INVALID_ORDER_STATUS`
   * when the order is finished or a request is under way.
   */
  cancel(asset: number, orderId: OrderId, wait?: OrderWait): ElapseResult;
  /**
   * Cancels this bot's open orders on one instrument, or on all when none is given, as `cancelAll` of a
   * strategy and of `LiveClient`: in one message each where the connector can do that, else one by one.
   * An order with a request under way is cancelled when that is answered, during a later wait. Tries every
   * instrument before it throws.
   *
   * @throws HftError `ERR_CONNECTOR_DOWN`, `ERR_SEND_FAILED`.
   */
  cancelAll(asset?: number): void;
  /** Forgets finished orders of one instrument, or of all. */
  clearInactiveOrders(asset?: number): void;

  /**
   * Waits for the next response to an order.
   *
   * @returns `order_response`, `ok` when the time is over, `end_of_data` when interrupted.
   */
  waitOrderResponse(asset: number, orderId: OrderId, timeoutNs: number): ElapseResult;
  /**
   * Waits for the next feed event, and with `includeOrderResponses` for order responses too.
   * Unlike hftbacktest it says what came also when that came inside a batch.
   *
   * @returns `market_feed`, `order_response`, `ok` when the time is over, `end_of_data`.
   */
  waitNextFeed(includeOrderResponses: boolean, timeoutNs: number): ElapseResult;
  /**
   * Lets time go by while events are applied.
   *
   * @returns `ok` when the time is over, `end_of_data` when interrupted.
   */
  elapse(durationNs: number): ElapseResult;
  /** Lets time go by in backtests only: here it returns `ok` at once. */
  elapseBt(durationNs: number): ElapseResult;
  /**
   * Waits until something arrives and hands over all of it, at most `maxRecords` records (one
   * message is never cut: with its text it may take up to 8).
   *
   * @param timeoutNs - Longest wait, ns; 0 takes what is there.
   * @param maxRecords - Default: the size of the bot's buffer.
   * @returns The bot's one reader, before its first record, valid until the next wait. Empty when
   * the time is over, and when `ended`.
   */
  waitBatch(timeoutNs: number, maxRecords?: number): RecordReader;

  /** Times of the last feed event, `null` before the first. */
  feedLatency(asset: number): FeedLatency | null;
  /** Times of the last order response, `null` before the first. */
  orderLatency(asset: number): OrderLatency | null;
  /** Asks the connector for orders, position and book again. */
  resync(asset: number): void;
  /**
   * Agrees that orders to a connector go where they go now, after that has changed: until then new and
   * changed orders are refused with `ERR_ORDERS_CHANGED`. Give what `links()` says, so that a second
   * change is not agreed to unseen.
   *
   * @throws HftError `ERR_ORDERS_CHANGED` when they go elsewhere than said, `ERR_CONNECTOR_DOWN`,
   * `ERR_INVALID_ARGUMENT` for an unknown connector.
   */
  agreeOrders(connector: string, orders: OrdersKind, environment: string): void;
  /** Counters since the construction. */
  stats(): BotStats;
  /** State of each connector. */
  links(): readonly ConnectionHealth[];

  /** Ends the bot and frees its shared memory; idempotent. Open orders stay at the venue. */
  close(): void;
}
