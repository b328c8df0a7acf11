import { errorText } from './error-text.js';
import { HftError, type HftErrorCode } from './hft-error.js';
import { reasonOfBookState, type BookState } from './book-state.js';
import { CommandError } from './record-layout.js';

interface Explanation {
  readonly code: HftErrorCode;
  readonly what: string;
  readonly remedy: string;
}

const BY_COMMAND_ERROR: Readonly<Record<number, Explanation>> = {
  [CommandError.EndOfData]: {
    code: 'ERR_END_OF_DATA',
    what: 'there are no more events.',
    remedy: 'Close the bot, or start the data again.',
  },
  [CommandError.OrderIdExist]: {
    code: 'ERR_ORDER_ID_EXISTS',
    what: 'the bot already holds an order with this id.',
    remedy: 'Use another id, or call clearInactiveOrders() when the old order is finished.',
  },
  [CommandError.OrderNotFound]: {
    code: 'ERR_ORDER_NOT_FOUND',
    what: 'the bot holds no order with this id.',
    remedy: 'Look at orders(asset); finished orders go away with clearInactiveOrders().',
  },
  [CommandError.InvalidOrderStatus]: {
    code: 'ERR_INVALID_ORDER_STATUS',
    what: 'the state of the order does not allow this: it is finished, or a request is under way.',
    remedy: 'Look at `cancellable` of the order first, or wait for the answer to the request.',
  },
  [CommandError.InstrumentNotFound]: {
    code: 'ERR_INSTRUMENT_NOT_FOUND',
    what: 'the bot has no such instrument.',
    remedy: 'Asset numbers follow the order of the instruments given to the bot, from 0.',
  },
  [CommandError.Timeout]: {
    code: 'ERR_TIMEOUT',
    what: 'no answer came in time.',
    remedy: 'The outcome is unknown: look at orders(asset) before sending anything again.',
  },
  [CommandError.Interrupted]: {
    code: 'ERR_INTERRUPTED',
    what: 'a stop was asked for while waiting.',
    remedy: 'Close the bot.',
  },
  [CommandError.Custom]: {
    code: 'ERR_CUSTOM',
    what: 'the bot reported an error without a number of its own.',
    remedy: 'The records before it (Error, Reject) carry the text.',
  },
  [CommandError.ConnectorDown]: {
    code: 'ERR_CONNECTOR_DOWN',
    what: 'the connector of this instrument is not running, or it is gone.',
    remedy: 'Start it (`connector NAME KIND CONFIG`) with the name that the instrument was given.',
  },
  [CommandError.Unsupported]: {
    code: 'ERR_UNSUPPORTED_BY_CONNECTOR',
    what: 'the connector does not offer this.',
    remedy: 'Cancel and submit a new order instead, or use the connector of this package.',
  },
  [CommandError.Closed]: {
    code: 'ERR_CLOSED',
    what: 'the bot is closed.',
    remedy: 'Make a new one.',
  },
  [CommandError.InvalidArgument]: {
    code: 'ERR_INVALID_ARGUMENT',
    what: 'an argument is out of range.',
    remedy: 'See the documentation of the method.',
  },
  [CommandError.OffGrid]: {
    code: 'ERR_OFF_GRID',
    what: 'the price is not a multiple of the tick size, or the quantity not of the lot size.',
    remedy: 'Nothing was sent. Round it with roundToTick(price, tickSize) before.',
  },
  [CommandError.SendFailed]: {
    code: 'ERR_SEND_FAILED',
    what: 'the request could not be put into shared memory.',
    remedy:
      'Is the connector alive, and is there room (`df /dev/shm`)? Nothing was sent: the call may be repeated.',
  },
  [CommandError.BookNotLive]: {
    code: 'ERR_BOOK_NOT_LIVE',
    what: 'the book of the instrument is not live; nothing was sent.',
    remedy:
      'Wait until the state of the book is live. Cancels always go out; `requireLiveBook: false` lets orders out as well.',
  },
  [CommandError.OnlyLooks]: {
    code: 'ERR_READ_ONLY',
    what: 'the bot is read-only: it sends no orders.',
    remedy: 'Make it without `readOnly: true`.',
  },
  [CommandError.TooLate]: {
    code: 'ERR_TOO_LATE',
    what: 'its deadline was over before it could be sent.',
    remedy: 'Nothing was sent: decide anew, or allow more time with `orderDeadlineMs`.',
  },
  [CommandError.OrdersChanged]: {
    code: 'ERR_ORDERS_CHANGED',
    what: 'orders go elsewhere than before (paper or real, or another environment), and the program has not agreed. Nothing was sent.',
    remedy:
      'Look at links() or health.connectors: when it is meant, call agreeOrders() with what stands there.',
  },
  [CommandError.OrdersNotAsRequired]: {
    code: 'ERR_ORDERS_MISMATCH',
    what: 'orders go elsewhere than `requireOrders` and `requireEnvironment` demand. Nothing was sent.',
    remedy:
      'Look at links() or health.connectors for where they go; start the connector as it is meant, or change what is demanded.',
  },
};

/**
 * The error of a `CommandError` number.
 *
 * @param code - Above 0; the numbers are those of hftbacktest's own bindings plus ours from 32 on.
 * @param operation - What was being done, for the message: `submitOrder(asset 0, order 7)`.
 * @param book - State of the book, where it is known to be the reason.
 */
export function errorFromCommand(code: number, operation: string, book?: BookState): HftError {
  const known = BY_COMMAND_ERROR[code];
  if (known === undefined) {
    return new HftError('ERR_CUSTOM', `${operation}: error number ${String(code)}.`);
  }
  const what =
    code === CommandError.BookNotLive && book !== undefined
      ? `the book is ${book} (${reasonOfBookState(book)}); nothing was sent.`
      : known.what;
  return new HftError(known.code, `${operation}: ${what}`, { remedy: known.remedy });
}

/** `code` properties of the errors that the addon throws. */
const BY_NATIVE_CODE: Readonly<Record<string, HftErrorCode>> = {
  InvalidArg: 'ERR_INVALID_ARGUMENT',
  Closed: 'ERR_CLOSED',
  AlreadyRunning: 'ERR_ALREADY_RUNNING',
  SharedMemory: 'ERR_SHARED_MEMORY',
  Connector: 'ERR_CONNECTOR_EXITED',
  Internal: 'ERR_NATIVE_PANIC',
  GenericFailure: 'ERR_NATIVE_PANIC',
};

/**
 * Turns anything that the addon threw into an {@link HftError}. The only place that knows the
 * addon's codes; an `HftError` passes unchanged.
 */
export function errorFromNative(error: unknown, operation: string): HftError {
  if (HftError.is(error)) return error;
  const text = errorText(error);
  const native =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const code = BY_NATIVE_CODE[native] ?? 'ERR_CUSTOM';
  const remedy =
    code === 'ERR_NATIVE_PANIC'
      ? 'This is a defect of hftbacktest-live, not of your code: please report it.'
      : '';
  return new HftError(code, `${operation}: ${text}`, { remedy, cause: error });
}
