import type { BookState } from '../../models/book-state.js';
import type { Side } from '../../models/side.js';

/** An open order of the program that is shown. */
export interface OrderView {
  /** Decimal text: ids are 64-bit. */
  readonly id: string;
  /** Index of its instrument in `LiveView.markets`. */
  readonly market: number;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Quantity that may still be filled. */
  readonly leavesQty: number;
  readonly state: string;
  /** When it was sent or first seen, Unix ms; `undefined` when that is not known. */
  readonly createdMs: number | undefined;
}

/** An execution of an own order. */
export interface FillView {
  /** Grows from fill to fill of one source. */
  readonly id: number;
  /** Index of its instrument in `LiveView.markets`. */
  readonly market: number;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Whether the order rested; `undefined` when the connector does not say. */
  readonly maker: boolean | undefined;
  /** When it was heard of, Unix ms by this machine's clock. */
  readonly tsMs: number;
}

/** Position and price of one instrument, taken once a second. */
export interface PositionView {
  /** Index of the instrument in `LiveView.markets`. */
  readonly market: number;
  /** Signed quantity; `undefined` while it is not known, and where there is no account. */
  readonly qty: number | undefined;
  /** Middle of best bid and ask; `undefined` while the book is not live. */
  readonly mid: number | undefined;
  readonly bookState: BookState;
  /** Profit of closed parts in quote currency; `undefined`: not counted. */
  readonly realisedPnl: number | undefined;
  /** Profit of what is held, in quote currency; `undefined`: not counted. */
  readonly unrealisedPnl: number | undefined;
}

/** Money of the connector whose instrument is shown. `undefined` is what nobody counts or reports. */
export interface AccountView {
  /** Currency of the figures, '' when it was not reported. */
  readonly currency: string;
  /** Wallet balance and unrealised profit. */
  readonly equity: number | undefined;
  /** Profit of closed positions. */
  readonly realisedPnl: number | undefined;
  /** Profit of open positions. */
  readonly unrealisedPnl: number | undefined;
}
