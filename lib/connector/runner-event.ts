/** What a runner can subscribe to, by the names of the JSON-lines protocol. */
export type RunnerChannel = 'trades' | 'depth';

/** One trade at the venue. Immutable. */
export interface RunnerTrade {
  readonly type: 'trade';
  /** Exchange time, Unix ms. */
  readonly timestampMs: number;
  readonly symbol: string;
  readonly price: number;
  readonly qty: number;
  /** Side of the taker; derived from `isBuyerMaker` where the connector names none. */
  readonly side: 'buy' | 'sell';
  readonly isBuyerMaker: boolean;
  /** The venue's id of the trade, '' where it gives none. */
  readonly id: string;
}

/** Price and quantity of one level; quantity 0: the level is gone. */
export type RunnerLevel = readonly [price: number, qty: number];

/** Changes of one book, or with `snapshot` the whole book. Immutable. */
export interface RunnerDepth {
  readonly type: 'depth';
  /** Exchange time of the newest change, Unix ms. */
  readonly timestampMs: number;
  readonly symbol: string;
  readonly bids: readonly RunnerLevel[];
  readonly asks: readonly RunnerLevel[];
  /** The venue's number of the newest update, 0 where it gives none. */
  readonly lastUpdateId: number;
  /** True: forget the book before applying these levels. */
  readonly snapshot: boolean;
  /** How many updates were merged into this one because the queue was full; 1 when none were. */
  readonly merged: number;
}

/** The connector reported its state: connected to the venue, ready, paper trading, … */
export interface RunnerStatus {
  readonly type: 'status';
  /** The connector's own word for the state, for instance `ready`; '' where it gives none. */
  readonly status: string;
  /** Everything that the line said, secrets taken out. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Something failed. Codes of the runner itself: `bybit_connector_process_died` (`connector_process_died`
 * for other kinds; it is restarted), `connector_restart_failed` (given up), `invalid_line` (a line
 * that is not of the protocol; it was left out), `events_dropped` (the queue was full). Any other
 * code is the connector's.
 */
export interface RunnerError {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

/** Anything that `nextEvent` returns; `type` tells which. */
export type RunnerEvent = RunnerTrade | RunnerDepth | RunnerStatus | RunnerError;
