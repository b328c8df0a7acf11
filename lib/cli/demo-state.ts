import type { BookState } from '../models/book-state.js';
import type { LinkState } from '../models/link-state.js';
import type { OrdersKind } from '../models/orders-kind.js';
import type { Side } from '../models/side.js';
import type { Candle } from '../server/history/candle-history.js';
import type { FillView } from '../server/live-view.js';

/** What only the live page shows of the demo. */
export interface DemoPageState {
  /** Candles of the last seconds, oldest first. */
  readonly candles: readonly Candle[];
  /** Executions of own quotes since the report before, oldest first. */
  readonly fills: readonly Omit<FillView, 'id'>[];
  /** Post-only quotes that expired since the start, because they would have taken. */
  readonly expired: number;
  /** Quotes that were refused since the start. */
  readonly rejected: number;
  /** Process of the connector, `undefined` where it does not report it. */
  readonly pid: number | undefined;
  /** Version of the connector, '' where it does not report it. */
  readonly version: string;
  /** Age of the connector's last sign of life, ms; `undefined` where it gives none. */
  readonly heartbeatAgeMs: number | undefined;
}

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
    /** When it was sent, Unix ms. */
    readonly createdMs?: number;
  }[];
  readonly position: number;
  /** Cash of the fills plus the position at the mid price; fees are not in it. */
  readonly pnl: number;
  readonly page?: DemoPageState;
}
