import type { BookLevel } from './book-level.js';
import type { BookState } from './book-state.js';

/** So many levels of a side can be read at once. */
export const LEVELS_MAX = 10_000;

/**
 * The book of one instrument. A bot has one view per instrument: it always shows the current
 * book, so it may be kept. Reading it allocates nothing except for `levels()`.
 */
export interface MarketDepthView {
  /** Best bid price, NaN when there is no bid. */
  readonly bestBid: number;
  /** Best ask price, NaN when there is no ask. */
  readonly bestAsk: number;
  /** Best bid in ticks, NaN when there is no bid (hftbacktest: `INVALID_MIN`). */
  readonly bestBidTick: number;
  /** Best ask in ticks, NaN when there is no ask (hftbacktest: `INVALID_MAX`). */
  readonly bestAskTick: number;
  /** Quantity at the best bid, 0 when there is no bid. */
  readonly bestBidQty: number;
  /** Quantity at the best ask, 0 when there is no ask. */
  readonly bestAskQty: number;
  readonly tickSize: number;
  readonly lotSize: number;
  /** Whether the book can be traded on, and why not. */
  readonly state: BookState;
  /** True while `state` is `live`. */
  readonly synced: boolean;
  /** Quantity bid at a tick, 0 when there is none. */
  bidQtyAtTick(priceTick: number): number;
  /** Quantity asked at a tick, 0 when there is none. */
  askQtyAtTick(priceTick: number): number;
  /** The best `count` levels of each side, best first; fewer when the book has fewer. */
  levels(count: number): {
    readonly bids: readonly BookLevel[];
    readonly asks: readonly BookLevel[];
  };
}
