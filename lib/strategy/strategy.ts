import type { EventView } from '../models/event-view.js';
import type { OrderUpdate } from '../orders/order-update.js';
import type { StrategyContext } from './strategy-context.js';

/**
 * An event as a handler sees it: a window on a buffer that moves on after the handler returns.
 * Copy what you keep (`const { price, qty } = trade`), or make an object of it:
 * `eventFromView(trade, ctx.instruments)`.
 */
export type StrategyEvent = EventView;

/**
 * A strategy: handlers that the loop calls synchronously, one at a time, in the order of the
 * events. It has no clock and no backend of its own, everything comes through `ctx`: so the same
 * module runs live, in paper trading and on the stub.
 *
 * A batch of events is applied to the book before its handlers run, so a handler may see a book
 * newer than its event; `maxBatch: 1` gives lockstep for less throughput. A handler that throws
 * is contained and counted, and the error goes to `onError`.
 */
export interface Strategy {
  /** How often `onTimer` is called, ms by the bot's clock. Default: never. */
  readonly timerMs?: number;
  /**
   * Before the first event, once position and open orders of every instrument are known: each connector
   * has answered, or `startWaitMs` is over.
   */
  onStart?(ctx: StrategyContext): void;
  /** A trade on the venue, with the fields of `Trade`; `side` is the taker's. */
  onTrade?(ctx: StrategyContext, trade: StrategyEvent): void;
  /** A level changed: `side` (`buy` is a bid), `price`, `qty` (0: gone). */
  onLevel?(ctx: StrategyContext, level: StrategyEvent): void;
  /** After the handlers of each batch: the place to quote. */
  onBatch?(ctx: StrategyContext): void;
  /** An own order changed: `orderId`, `orderStatus`, `leavesQty`, `execQty`, `execPrice`. */
  onExecutionReport?(ctx: StrategyContext, order: StrategyEvent): void;
  /**
   * An own order went from one state to the next, was filled, or a request about it was refused: the same
   * `orderUpdate` that `LiveClient` emits, as an object that may be kept. What the strategy asks for itself
   * (`pending_new`, `pending_cancel`) shows in the next update. A strategy without this handler gets
   * refusals in `onError`; orders that end by their own terms (post-only that would have taken, IOC or FOK
   * remainder) never go there.
   */
  onOrderUpdate?(ctx: StrategyContext, update: OrderUpdate): void;
  /** The position was reported: `qty` is signed. NaN: it is not known any more. */
  onPosition?(ctx: StrategyContext, position: StrategyEvent): void;
  /**
   * A balance of the account was reported: `coin` ('' is the account as a whole), `equity`,
   * `walletBalance`, `available`, …; NaN is what the venue does not report. See `ctx.balance`.
   */
  onBalance?(ctx: StrategyContext, balance: StrategyEvent): void;
  /**
   * A connector reports something that no other event carries: `severity`, `valueNumber` (its code,
   * see `docs/guide/connector-reference.md`), `text()`, `orderId` (0n: about no order).
   */
  onNotice?(ctx: StrategyContext, notice: StrategyEvent): void;
  /**
   * A connector's error, or what a handler threw; without `onOrderUpdate` refusals of orders too.
   * What it throws itself is counted and otherwise ignored.
   */
  onError?(ctx: StrategyContext, error: Error): void;
  /**
   * A connector came, went or restarted, or a connection of it with its venue did: `linkState`,
   * `socket` (which connection), `text()` (why it is down).
   */
  onLink?(ctx: StrategyContext, link: StrategyEvent): void;
  /** Messages were lost: `valueNumber` says how many; the book is being fetched again. */
  onGap?(ctx: StrategyContext, gap: StrategyEvent): void;
  /** A book can be traded on from now on, or cannot any more: `asset`, `bookState`, `previousBookState`. */
  onBookState?(ctx: StrategyContext, change: StrategyEvent): void;
  /** Every `timerMs`. */
  onTimer?(ctx: StrategyContext): void;
  /**
   * After the last event: the place to cancel what must not stay (`ctx.cancelAll()`), and to close a
   * position. The run ends when what is asked for here is answered, `stopWaitMs` later at the latest; the
   * summary's `stop` says what came of it.
   */
  onStop?(ctx: StrategyContext): void;
}

/**
 * What a strategy module exports as `default` or `createStrategy`: a strategy, a function that
 * makes one from `strategyOptions`, or a class.
 */
export type StrategyFactory<Options = unknown> = (options: Options) => Strategy | Promise<Strategy>;
