import type { Side } from '../models/side.js';

/** One trade at a venue, the same for every data source. Immutable. */
export interface TradeTick {
  readonly type: 'trade';
  /** Name of the connector it came from. */
  readonly source: string;
  readonly symbol: string;
  /** Exchange time, whole Unix ms, UTC; `new Date(timestampMs)` gives it as a date. */
  readonly timestampMs: number;
  /** Exchange time, Unix ns; `undefined` where the source knows whole ms only. */
  readonly timestampNs: bigint | undefined;
  /** When this process received it, Unix ms. */
  readonly receivedMs: number;
  readonly price: number;
  readonly qty: number;
  /** Side of the taker: `buy` took from the asks. */
  readonly side: Side;
  /** True when the buyer's order rested in the book: the same as `side === 'sell'`. */
  readonly isBuyerMaker: boolean;
  /** The venue's id of the trade, '' where it gives none. */
  readonly id: string;
}
