import type { BookState } from '../models/book-state.js';
import type { LinkState } from '../models/link-state.js';
import type { OrdersKind } from '../models/orders-kind.js';
import type { Side } from '../models/side.js';

/** What the demo's strategy reports to the terminal, ten times a second. */
export interface DemoState {
  /** Price and quantity, best first. */
  readonly bids: readonly (readonly [price: number, qty: number])[];
  readonly asks: readonly (readonly [price: number, qty: number])[];
  /** What becomes of orders, as the connector says; `unknown` when it says nothing. */
  readonly orders: OrdersKind;
  /** Which of the venue's environments they are for; `unknown` when it says nothing. */
  readonly environment: string;
  /** Whether the book can be traded on, and why not. */
  readonly book: BookState;
  /** The last trades, newest first. */
  readonly tape: readonly {
    readonly side: Side;
    readonly price: number;
    readonly qty: number;
    readonly tsMs: number;
  }[];
  /** The last own executions, newest first. */
  readonly ownFills: DemoState['tape'];
  /** State of the link with the connector. */
  readonly link: LinkState;
  /** How often the link was lost, or the connector lost its venue. */
  readonly linkLosses: number;
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
