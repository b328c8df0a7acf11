import type { BookState } from '../../models/book-state.js';
import type { Side } from '../../models/side.js';

/** One instrument of one connector. What does not change while the program runs. */
export interface MarketView {
  readonly symbol: string;
  /** Name of the connector that it is traded on; '' where the source has none. */
  readonly connector: string;
  /** Step of prices. */
  readonly tickSize: number;
  /** Step of quantities. */
  readonly lotSize: number;
}

/** The book of one instrument. */
export interface BookView {
  /** Price and quantity, best first. */
  readonly bids: readonly (readonly [price: number, qty: number])[];
  readonly asks: readonly (readonly [price: number, qty: number])[];
  /** Whether the book can be traded on, and why not. */
  readonly state: BookState;
  /** True while `state` is `live`. */
  readonly synced: boolean;
  readonly tickSize: number;
  readonly lotSize: number;
}

/** A trade on the tape. */
export interface TradeView {
  /** Grows from trade to trade of one source. */
  readonly id: number;
  /** The taker's side. */
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Unix ms. */
  readonly tsMs: number;
}
