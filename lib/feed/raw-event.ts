/** A number, or its decimal text as many venues send it. */
export type RawNumber = number | string;

/** A level as a pair or as an object. */
export type RawLevel =
  | readonly [price: RawNumber, qty: RawNumber]
  | { readonly price: RawNumber; readonly qty: RawNumber };

interface RawBase {
  /** May be left out while one symbol only is subscribed. */
  readonly symbol?: string;
  /** Exchange time: a `Date` or whole Unix ms. May be left out beside `timestampNs`. */
  readonly timestamp?: Date | number;
  /** Exchange time, Unix ns, where the venue knows it. */
  readonly timestampNs?: bigint;
}

/** A trade as a connector reports it, before it is normalised. Names in snake_case count as well. */
export interface RawTrade extends RawBase {
  readonly type: 'trade';
  readonly price: RawNumber;
  readonly qty: RawNumber;
  /** The aggressor; one of `side` and `isBuyerMaker` is enough. */
  readonly side?: 'buy' | 'sell';
  readonly isBuyerMaker?: boolean;
  readonly id?: string | number | bigint;
}

/** A change of a book as a connector reports it, before it is normalised. */
export interface RawDepth extends RawBase {
  readonly type: 'depth';
  readonly bids: readonly RawLevel[];
  readonly asks: readonly RawLevel[];
  /** The venue's number of the newest update; 0 where it gives none. */
  readonly lastUpdateId: number | bigint;
  /** True: the levels are the whole book. Default false. */
  readonly snapshot?: boolean;
  /** How many updates were merged into this one. Default 1. */
  readonly merged?: number;
}

/** The connector said something about itself: a state of its own, worth a line in the log. */
export interface RawStatus {
  readonly type: 'status';
  readonly status: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Something failed at the connector, and it goes on. */
export interface RawError {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

/**
 * Anything that `ConnectorWrapper.nextEvent` gives. A wrapper may also pass on what it read from a
 * line or a socket without a look at it: the stream checks each field.
 */
export type RawFeedEvent =
  RawTrade | RawDepth | RawStatus | RawError | Readonly<Record<string, unknown>>;
