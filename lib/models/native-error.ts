import { whatHappened } from './what-happened.js';
import { errorText } from './error-text.js';
import { HftError, type HftErrorCode } from './hft-error.js';
import { reasonOfBookState, type BookState } from './book-state.js';
import { CommandError } from './record-layout.js';

/** Who reads a message: it names only what exists there. `bot`: the low-level bot. */
export type Mode = 'bot' | 'client' | 'strategy';

/** What a mode calls itself in messages. */
const NAMES: Readonly<Record<Mode, string>> = {
  bot: 'the bot',
  client: 'the client',
  strategy: 'the strategy',
};

interface Explanation {
  readonly code: HftErrorCode;
  /** `%` stands for who reads it. */
  readonly what: string;
  readonly remedy: string | Readonly<Record<Mode, string>>;
}

/** Every number of the bot, and what to say about it in each mode. */
export const COMMAND_EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  [CommandError.EndOfData]: {
    code: 'ERR_END_OF_DATA',
    what: 'there are no more events.',
    remedy: {
      bot: 'Close the bot, or start the data again.',
      client: 'Close the client, or start the data again.',
      strategy: 'The run ends by itself; start the data again for another.',
    },
  },
  [CommandError.OrderIdExist]: {
    code: 'ERR_ORDER_ID_EXISTS',
    what: '% already holds an order with this id.',
    remedy: {
      bot: 'Use another id, or call clearInactiveOrders() when the old order is finished.',
      client: 'Leave `orderId` out: the client makes unique ones.',
      strategy: 'Leave `orderId` out: ctx.submit() makes unique ones.',
    },
  },
  [CommandError.OrderNotFound]: {
    code: 'ERR_ORDER_NOT_FOUND',
    what: '% holds no order with this id.',
    remedy: {
      bot: 'Look at orders(asset); finished orders go away with clearInactiveOrders().',
      client: 'Look at getOrders(); finished orders are kept up to `keepTerminalOrders`.',
      strategy: 'Look at ctx.orders(); finished orders go away with ctx.clearInactiveOrders().',
    },
  },
  [CommandError.InvalidOrderStatus]: {
    code: 'ERR_INVALID_ORDER_STATUS',
    what: 'the state of the order does not allow this: it is finished, or a request is under way.',
    remedy: {
      bot: 'Look at `cancellable` of the order first, or wait for the answer to the request.',
      client: 'Look at `state` of getOrder(id) first, or await the request that is under way.',
      strategy: 'Look at `cancellable` of ctx.orders() first; onOrderUpdate brings the answer.',
    },
  },
  [CommandError.InstrumentNotFound]: {
    code: 'ERR_INSTRUMENT_NOT_FOUND',
    what: '% has no such instrument.',
    remedy: {
      bot: 'Asset numbers follow the order of the instruments given to the bot, from 0.',
      client: 'Name it by its symbol, or by its place in `instruments`, from 0.',
      strategy: 'Name it by its symbol, or by its place in `ctx.instruments`, from 0.',
    },
  },
  [CommandError.Timeout]: {
    code: 'ERR_TIMEOUT',
    what: 'no answer came in time.',
    remedy: {
      bot: 'The outcome is unknown: look at orders(asset) before sending anything again.',
      client: 'The outcome is unknown: look at getOrders() before sending anything again.',
      strategy: 'The outcome is unknown: look at ctx.orders() before sending anything again.',
    },
  },
  [CommandError.Interrupted]: {
    code: 'ERR_INTERRUPTED',
    what: 'a stop was asked for while waiting.',
    remedy: {
      bot: 'Close the bot.',
      client: 'Close the client.',
      strategy: 'Return from the handler: the run ends.',
    },
  },
  [CommandError.Custom]: {
    code: 'ERR_CUSTOM',
    what: '% reported an error without a number of its own.',
    remedy: {
      bot: 'The records before it (Error, Reject) carry the text.',
      client: 'The events before it (error, orderUpdate) carry the text.',
      strategy: 'onError and onOrderUpdate carry the text.',
    },
  },
  [CommandError.ConnectorDown]: {
    code: 'ERR_CONNECTOR_DOWN',
    what: 'the connector of this instrument is not running, or it is gone.',
    remedy: {
      bot: 'Start it under the name that the instrument was given; the bot goes on by itself when it is there.',
      client:
        'Start it under the name that the instrument was given, or give the client a `connector` of its own.',
      strategy:
        'Start it under the name that the instrument was given, or give the run a `connector` of its own; onLink tells when it is back.',
    },
  },
  [CommandError.Unsupported]: {
    code: 'ERR_UNSUPPORTED_BY_CONNECTOR',
    what: 'the connector does not offer this.',
    remedy: 'Cancel and submit a new order instead, or use the connector of this package.',
  },
  [CommandError.Closed]: {
    code: 'ERR_CLOSED',
    what: '% is closed.',
    remedy: {
      bot: 'Make a new one.',
      client: 'Make a new one.',
      strategy: 'Start a new run.',
    },
  },
  [CommandError.InvalidArgument]: {
    code: 'ERR_INVALID_ARGUMENT',
    what: 'an argument is out of range.',
    remedy: 'See the documentation of the method.',
  },
  [CommandError.OffGrid]: {
    code: 'ERR_OFF_GRID',
    what: 'the price is not a multiple of the tick size, or the quantity not of the lot size.',
    remedy:
      'Nothing was sent. Round it with roundToTick(price, tickSize) or roundToLot(qty, lotSize).',
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
    remedy: {
      bot: 'Wait until depth(asset).state is live. Cancels always go out; `requireLiveBook: false` lets orders out as well.',
      client:
        'Wait for a bookState event with the state live. Cancels always go out; `requireLiveBook: false` lets orders out as well.',
      strategy:
        'Wait until ctx.depth().state is live; onBookState tells. Cancels always go out; `requireLiveBook: false` lets orders out as well.',
    },
  },
  [CommandError.OnlyLooks]: {
    code: 'ERR_READ_ONLY',
    what: '% is read-only: it sends no orders.',
    remedy: {
      bot: 'Make it without `readOnly: true`.',
      client: 'Make it without `readOnly: true`.',
      strategy: 'Start the run without `readOnly: true`.',
    },
  },
  [CommandError.TooLate]: {
    code: 'ERR_TOO_LATE',
    what: 'its deadline was over before it could be sent.',
    remedy: 'Nothing was sent: decide anew, or allow more time with `orderDeadlineMs`.',
  },
  [CommandError.OrdersChanged]: {
    code: 'ERR_ORDERS_CHANGED',
    what: 'orders go elsewhere than before (paper or real, or another environment), and the program has not agreed. Nothing was sent.',
    remedy: {
      bot: 'Look at links(): when it is meant, call agreeOrders() with what stands there.',
      client:
        'Look at `health.connectors`: when it is meant, call agreeOrders() with what stands there.',
      strategy:
        'Look at ctx.links(): when it is meant, call ctx.agreeOrders() with what stands there.',
    },
  },
  [CommandError.OrdersNotAsRequired]: {
    code: 'ERR_ORDERS_MISMATCH',
    what: 'orders go elsewhere than `requireOrders` and `requireEnvironment` demand. Nothing was sent.',
    remedy: {
      bot: 'Look at links() for where they go; start the connector as it is meant, or change what is demanded.',
      client:
        'Look at `health.connectors` for where they go; start the connector as it is meant, or change what is demanded.',
      strategy:
        'Look at ctx.links() for where they go; start the connector as it is meant, or change what is demanded.',
    },
  },
};

function remedyFor({ remedy }: Explanation, mode: Mode): string {
  return typeof remedy === 'string' ? remedy : remedy[mode];
}

/**
 * The error of a `CommandError` number.
 *
 * @param code - Above 0; the numbers are those of hftbacktest's own bindings plus ours from 32 on.
 * @param operation - What was being done, for the message: `submitOrder(asset 0, order 7)`.
 * @param book - State of the book, where it is known to be the reason.
 * @param mode - Who gets the error. Default: the caller of a low-level bot.
 */
export function errorFromCommand(
  code: number,
  operation: string,
  book?: BookState,
  mode: Mode = 'bot',
): HftError {
  const known = COMMAND_EXPLANATIONS[code];
  if (known === undefined) {
    return new HftError('ERR_CUSTOM', `${operation}: error number ${String(code)}.`, {
      remedy: 'It has no name in this version of the package: please report it.',
    });
  }
  const what =
    code === CommandError.BookNotLive && book !== undefined
      ? `the book is ${book} (${reasonOfBookState(book)}); nothing was sent.`
      : known.what.replace('%', NAMES[mode]);
  return new HftError(known.code, `${operation}: ${what}`, { remedy: remedyFor(known, mode) });
}

/** What a low-level bot threw, in the words of the mode that called it; any other error as it is. */
export function inWordsOf(error: unknown, mode: Mode): unknown {
  if (!HftError.is(error)) return error;
  const known = Object.values(COMMAND_EXPLANATIONS).find(
    (each) => each.code === error.code && remedyFor(each, 'bot') === error.remedy,
  );
  if (known === undefined) return error;
  const own = whatHappened(error)
    .replace(known.what.replace('%', NAMES.bot), known.what.replace('%', NAMES[mode]))
    // A strategy calls it by another name.
    .replace(/^submitOrder\(/, mode === 'strategy' ? 'submit(' : 'submitOrder(');
  const said = new HftError(error.code, own, { remedy: remedyFor(known, mode) });
  if (error.stack !== undefined) said.stack = error.stack.replace(error.message, said.message);
  return said;
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
