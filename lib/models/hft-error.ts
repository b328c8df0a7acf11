import type { OrderLeft } from './order-left.js';

/** Stable codes of every error that the package throws. */
export type HftErrorCode =
  /** An argument is wrong: its path, value and allowed range are in the message. */
  | 'ERR_INVALID_ARGUMENT'
  /**
   * A price or quantity is not on the grid of its instrument; the message names the nearest value.
   * Nothing was sent.
   */
  | 'ERR_OFF_GRID'
  /** The bot, client or port is closed. */
  | 'ERR_CLOSED'
  /** The native addon cannot be loaded or was built without the live part. */
  | 'ERR_NATIVE_UNAVAILABLE'
  /** The connector does not offer what was asked (amend, cancel-all on an upstream connector). */
  | 'ERR_UNSUPPORTED_BY_CONNECTOR'
  /** The connector is not running, or it is gone. */
  | 'ERR_CONNECTOR_DOWN'
  /** The connector program of this package is not built or cannot be found. */
  | 'ERR_CONNECTOR_NOT_FOUND'
  /** A connector process that was started here ended by itself. */
  | 'ERR_CONNECTOR_EXITED'
  /** hftbacktest's 10: the bot already holds an order with this id. */
  | 'ERR_ORDER_ID_EXISTS'
  /** hftbacktest's 12. */
  | 'ERR_ORDER_NOT_FOUND'
  /** hftbacktest's 14: the order's state does not allow the request. */
  | 'ERR_INVALID_ORDER_STATUS'
  /** hftbacktest's 16. */
  | 'ERR_INSTRUMENT_NOT_FOUND'
  /** hftbacktest's 17. */
  | 'ERR_TIMEOUT'
  /** hftbacktest's 18: a stop was asked for while waiting. */
  | 'ERR_INTERRUPTED'
  /** hftbacktest's 1, where an operation cannot go on without data. */
  | 'ERR_END_OF_DATA'
  /** A command queue is full. */
  | 'ERR_QUEUE_FULL'
  /** Another bot or connector runs under the same id or name. */
  | 'ERR_ALREADY_RUNNING'
  /** Shared memory cannot be opened: the message names the files and what to do. */
  | 'ERR_SHARED_MEMORY'
  /** A request did not fit into shared memory. */
  | 'ERR_SEND_FAILED'
  /** An order rate limit of the client refused the request. */
  | 'ERR_RATE_LIMITED'
  /** The book of the instrument is not live, so nothing was sent; see `BookState`. */
  | 'ERR_BOOK_NOT_LIVE'
  /** The bot or client is read-only (`readOnly`): it sends no orders. */
  | 'ERR_READ_ONLY'
  /** An order or change was not sent: its deadline (`orderDeadlineMs`) was over before it could be. */
  | 'ERR_TOO_LATE'
  /** Orders may be open at the venue when a client or connector ends: the message names them. */
  | 'ERR_ORDERS_LEFT_OPEN'
  /** Not started, or started twice. */
  | 'ERR_INVALID_STATE'
  /** A strategy module cannot be loaded or has no strategy. */
  | 'ERR_STRATEGY_MODULE'
  /** Saved data cannot be read. */
  | 'ERR_INVALID_DATA'
  /** An event of a connector lacks a field: the message and `field` name it. */
  | 'ERR_MISSING_FIELD'
  /** A field of an event is not what it must be: the message and `field` name it. */
  | 'ERR_INVALID_FIELD'
  /** No data source is registered under this name. */
  | 'ERR_UNKNOWN_DATA_SOURCE'
  /** A venue refused a request, or answered with what is not its protocol. */
  | 'ERR_VENUE_REFUSED'
  /** Orders go elsewhere than before (paper or real, or another environment): agree to it first. */
  | 'ERR_ORDERS_CHANGED'
  /** Orders go elsewhere than `requireOrders` and `requireEnvironment` demand. */
  | 'ERR_ORDERS_MISMATCH'
  /** The addon caught a panic of its own: a defect of this package. */
  | 'ERR_NATIVE_PANIC'
  /** hftbacktest's 19: anything else. */
  | 'ERR_CUSTOM';

/** Codes after which trying again, or later, can succeed with the same arguments. */
const RECOVERABLE: ReadonlySet<HftErrorCode> = new Set<HftErrorCode>([
  'ERR_CONNECTOR_DOWN',
  'ERR_TIMEOUT',
  'ERR_INTERRUPTED',
  'ERR_QUEUE_FULL',
  'ERR_SEND_FAILED',
  'ERR_RATE_LIMITED',
  'ERR_BOOK_NOT_LIVE',
  'ERR_TOO_LATE',
]);

/** What an {@link HftError} says besides its code. */
export interface HftErrorOptions {
  /** What to do about it; becomes the end of the message. */
  readonly remedy?: string;
  /** What was caught, when something was. */
  readonly cause?: unknown;
  /** Own orders that may be open at the venue, when the error ends what could cancel them. */
  readonly ordersLeft?: readonly OrderLeft[];
}

/** What native code and the operating system say often lacks its full stop. */
function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * The one error class of the package. `code` is stable; `message` says what happened and what to
 * do about it.
 */
export class HftError extends Error {
  override readonly name = 'HftError';
  /** What happened, for programs; stable. */
  readonly code: HftErrorCode;
  /** What to do about it, '' when nothing can be said. */
  readonly remedy: string;
  /** True when the same call can succeed later. */
  readonly recoverable: boolean;
  /**
   * Own orders that may be open at the venue, where the error ended what could cancel them: a run whose
   * thread was ended, or ended by itself (see `runLive`), and `ERR_ORDERS_LEFT_OPEN`. Absent: the
   * error says nothing about orders.
   */
  declare readonly ordersLeft?: readonly OrderLeft[];

  /** @param what - What happened, a sentence; the remedy follows it in `message`. */
  constructor(code: HftErrorCode, what: string, options: HftErrorOptions = {}) {
    const remedy = options.remedy ?? '';
    super(
      remedy === '' ? what : `${asSentence(what)} ${asSentence(remedy)}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.remedy = remedy;
    // An error that ends a program is printed with its fields: no line that says nothing.
    if (remedy === '') Object.defineProperty(this, 'remedy', { enumerable: false });
    this.recoverable = RECOVERABLE.has(code);
    if (options.ordersLeft !== undefined) this.ordersLeft = options.ordersLeft;
  }

  /** True for an `HftError`, with the given code when one is given; also across realms. */
  static is(error: unknown, code?: HftErrorCode): error is HftError {
    if (!(error instanceof Error) || error.name !== 'HftError') return false;
    return code === undefined || ('code' in error && error.code === code);
  }
}
