import type { Side } from '../models/side.js';

/** What the demo's strategy tells the terminal, ten times a second. */
export interface DemoState {
  /** Price and quantity, best first. */
  readonly bids: readonly (readonly [price: number, qty: number])[];
  readonly asks: readonly (readonly [price: number, qty: number])[];
  readonly trusted: boolean;
  /** The last trades, newest first. */
  readonly tape: readonly {
    readonly side: Side;
    readonly price: number;
    readonly qty: number;
    readonly tsMs: number;
  }[];
  /** Own quotes that rest or are on their way. */
  readonly quotes: readonly {
    readonly side: Side;
    readonly price: number;
    readonly leavesQty: number;
    readonly cancelling: boolean;
  }[];
  readonly position: number;
  /** Cash of the fills plus the position at the mid price; fees are not in it. */
  readonly pnl: number;
}
