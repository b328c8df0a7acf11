/**
 * The fixed-layout record in which everything that reaches a bot crosses into JavaScript.
 * The Rust twin is `crates/livebot/src/record.rs`; both are checked against the same vectors
 * (`__test__/support/record-vectors.json`). Little-endian, naturally aligned, 128 bytes.
 *
 * @packageDocumentation
 */

/** Size of one record in bytes. */
export const RECORD_BYTES = 128;
/** Bytes of UTF-8 that one `Text` record carries, from offset 8 on. */
export const TEXT_BYTES = 120;

/** What a record reports; the numbers of `RecordKind` in Rust. */
export const RecordKind = {
  Empty: 0,
  /** A batch of events that belong together starts. */
  BatchStart: 1,
  BatchEnd: 2,
  /** `side` is the aggressor. */
  Trade: 3,
  /** `qty` 0 deletes the level. */
  Depth: 4,
  Order: 5,
  /** `qty` is the signed position. */
  Position: 6,
  /** `status`: an error code of hftbacktest's kinds (see `ConnectorErrorKind`), `value` its number. */
  Error: 7,
  /** `status`: a `LinkStatus`; `asset`: first instrument of the connector; `value`: boot epoch. */
  Link: 8,
  /** `value` messages were lost. */
  Gap: 9,
  /** The book is cleared and not synced until `BookReady`. */
  BookReset: 10,
  /** `status`: 1 when the connector does not know the account's orders, else 0. */
  BookReady: 11,
  /** The connector refused `orderId`; `value`: code, text follows. Precedes the final `Order`. */
  Reject: 12,
  /**
   * Outcome of a command: `orderId` is the command's number, `status` 0 or a `CommandError`, `value`
   * the order; `req`: the book's state where the error is `BookNotLive`.
   */
  Command: 13,
  /**
   * Money of the connector's account: one coin, named in the text, or with an empty text the whole
   * account. `px` equity, `qty` wallet balance, `leavesQty` available, `execQty` initial margin,
   * `execPx` maintenance margin, `extra` unrealised profit; NaN where the venue does not report it.
   */
  Balance: 14,
  /** Continues the text of the record before. */
  Text: 15,
  /** `value`: code, `status`: a `NoticeSeverityCode`, `orderId`: the order or 0; text follows. */
  Notice: 16,
  /** `status`: state of the book (`bookStateFromCode`), `value`: the one before. */
  BookState: 17,
  /**
   * What the venue says of the execution that the next `Order` record reports, which is of the same order:
   * `orderId`, `px` the fee (NaN when it is not known), the text is the coin of the fee, a line feed, and the
   * venue's id of the trade, each empty when it is not known.
   */
  Execution: 18,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** What happened to the link with a connector. */
export const LinkStatus = {
  Waiting: 0,
  Connected: 1,
  Lost: 2,
  Restarted: 3,
  VenueDown: 4,
  VenueUp: 5,
  FeedStale: 6,
  FeedLive: 7,
  /** `value`: a `LinkSocket`; the reason follows as text. */
  SocketDown: 8,
  /** `value`: a `LinkSocket`. */
  SocketUp: 9,
} as const;
export type LinkStatus = (typeof LinkStatus)[keyof typeof LinkStatus];

/** `value` of a `Link` record about one connection with the venue. */
export const LinkSocket = {
  /** Market data. */
  Public: 1,
  /** The account: orders, executions, positions, wallet. */
  Private: 2,
  /** Order entry. */
  Trade: 3,
} as const;
export type LinkSocket = (typeof LinkSocket)[keyof typeof LinkSocket];

/** `status` of a `Notice` record. */
export const NoticeSeverityCode = { Info: 0, Warning: 1, Error: 2 } as const;
export type NoticeSeverityCode = (typeof NoticeSeverityCode)[keyof typeof NoticeSeverityCode];

/** `status` of an `Error` record: hftbacktest's `ErrorKind`. */
export const ConnectorErrorKind = {
  ConnectionInterrupted: 0,
  CriticalConnectionError: 1,
  OrderError: 2,
  /** `value` is the venue's or connector's own number. */
  Custom: 3,
} as const;
export type ConnectorErrorKind = (typeof ConnectorErrorKind)[keyof typeof ConnectorErrorKind];

/**
 * Return value of the native calls that change orders, and `status` of a `Command` record.
 * The numbers that hftbacktest's own bindings use, plus ours from 32 on.
 */
export const CommandError = {
  Ok: 0,
  EndOfData: 1,
  OrderIdExist: 10,
  OrderNotFound: 12,
  InvalidOrderStatus: 14,
  InstrumentNotFound: 16,
  Timeout: 17,
  Interrupted: 18,
  Custom: 19,
  /** No connector has been seen, or it is gone. */
  ConnectorDown: 32,
  /** The connector does not offer this (an upstream connector has no amend). */
  Unsupported: 33,
  /** The bot is closed. */
  Closed: 34,
  /** An argument is out of range. */
  InvalidArgument: 35,
  /** The request did not fit into shared memory. */
  SendFailed: 36,
  /** The book of the instrument is not live. */
  BookNotLive: 37,
  /** The bot is read-only. */
  OnlyLooks: 38,
  /** The deadline of the order or change was over. */
  TooLate: 39,
  /** A price or quantity that is not on the grid of its instrument. */
  OffGrid: 40,
  /** Orders go elsewhere than before, and the program has not agreed. */
  OrdersChanged: 41,
  /** Orders go elsewhere than the program demands. */
  OrdersNotAsRequired: 42,
} as const;
export type CommandError = (typeof CommandError)[keyof typeof CommandError];

/** Bits of a link's `capabilities`: what a connector offers beyond hftbacktest's protocol. */
export const Capability = {
  Amend: 1,
  CancelAll: 2,
  /** Refusals come with code and text. */
  RejectReason: 4,
  /** Balances are reported. */
  Balances: 8,
  /** Orders are filled inside the connector and never reach a market place. */
  Paper: 16,
  /** The connector answers questions about single orders. */
  AskOrder: 32,
} as const;
export type Capability = (typeof Capability)[keyof typeof Capability];

/** Bits of `flags`. */
export const RecordFlag = {
  /** Stands inside a batch. */
  InBatch: 1,
  /** Belongs to a snapshot that the bot asked for. */
  Snapshot: 2,
  /** Made by the bot itself: the deletions that clear a book. */
  Synthetic: 4,
} as const;

/** Byte offset of each field within a record. */
export const RecordOffset = {
  kind: 0,
  side: 1,
  flags: 2,
  status: 3,
  asset: 4,
  seq: 8,
  exchTsNs: 16,
  localTsNs: 24,
  sentMonoNs: 32,
  recvMonoNs: 40,
  px: 48,
  qty: 56,
  orderId: 64,
  leavesQty: 72,
  execQty: 80,
  execPx: 88,
  value: 96,
  timeInForce: 104,
  orderType: 105,
  req: 106,
  maker: 107,
  textLen: 108,
  ev: 112,
  extra: 120,
} as const;

/**
 * The ring between the worker thread and the main thread: a header of `RING_HEADER_BYTES`, then
 * `capacity` records. Counters are 32-bit and wrap; capacity is a power of two. One producer (the
 * bot's thread), one consumer (the main thread).
 */
export const RING_HEADER_BYTES = 512;
/** Index of each 32-bit header word of the ring. */
export const RingWord = {
  /** Records written so far; only the producer writes it. */
  written: 0,
  /** Records read so far; only the consumer writes it. */
  read: 16,
  /** 1 while the consumer sleeps and wants a wake-up; the producer swaps it to 0 and wakes. */
  wantsWake: 32,
  /** Records of market data dropped because the ring was full (wraps). */
  dropped: 48,
  /** Records of market data written (wraps). */
  delivered: 49,
} as const;

/**
 * The state block, one per instrument, that the native side refreshes after each batch: getters
 * read it without a call. `STATE_BYTES` per instrument.
 */
export const STATE_BYTES = 128;
/** Index of each 64-bit float in an instrument's state block (the last ones are `bigint` words). */
export const StateField = {
  bestBid: 0,
  bestAsk: 1,
  bestBidQty: 2,
  bestAskQty: 3,
  position: 4,
  /** `bigint` word: ticks; `INVALID_MIN` when there is no bid. */
  bestBidTick: 5,
  /** `bigint` word: ticks; `INVALID_MAX` when there is no ask. */
  bestAskTick: 6,
  /** `bigint` word: exchange time of the last feed event, Unix ns, 0 before the first. */
  lastFeedExchTsNs: 7,
  /** `bigint` word: connector's receive time of the last feed event, Unix ns. */
  lastFeedLocalTsNs: 8,
  /** State of the book as a number, see `bookStateFromCode`; 1 is live. */
  bookState: 9,
  /** In the first instrument's block: CLOCK_MONOTONIC in ns, as `botNoteTime` last wrote it. */
  monotonicNs: 10,
} as const;
