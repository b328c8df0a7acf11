import { HftError, runLive, type HftErrorCode } from '../../../lib/index.js';
import { CommandError } from '../../../lib/models/record-layout.js';
import { instruments, none, notHere, number, panic, test, type Column } from './cells.js';

/** What a call throws in a handler of a strategy on the stub. */
const inHandler =
  (call: string, options: object = {}) =>
  async (): Promise<void> => {
    const said: unknown[] = [];
    const module = `let done = false; export default {
    onBatch(ctx) { if (done || !ctx.depth().synced) return; done = true; ctx.stop(); ${call} },
    onError(ctx, { code, message, remedy }) { ctx.log('thrown', { code, message, remedy }); },
  };`;
    await runLive({
      strategy: `data:text/javascript,${encodeURIComponent(module)}`,
      instruments,
      backend: 'stub',
      stub: { maxFeeds: Infinity, fillProbability: 0 },
      onLog: (text, values) => {
        if (text === 'thrown') said.push(values);
      },
      ...options,
    });
    const { code, message, remedy } = said[0] as { code: HftErrorCode } & Record<string, string>;
    const end = remedy === undefined ? -1 : message!.lastIndexOf(remedy);
    throw new HftError(code, end > 0 ? message!.slice(0, end).trim() : message!, {
      remedy: remedy!,
    });
  };

/** The errors of mode strategy. */
export const STRATEGY_ERRORS: Column = {
  ERR_INVALID_ARGUMENT: inHandler("ctx.submit({ side: 'buy', qty: 1 });"),
  ERR_OFF_GRID: inHandler("ctx.submit({ side: 'buy', price: 100.06, qty: 1 });"),
  ERR_CLOSED: number(CommandError.Closed),
  ERR_NATIVE_UNAVAILABLE: test('packaging/bundles.test.ts'),
  ERR_UNSUPPORTED_BY_CONNECTOR: number(CommandError.Unsupported),
  ERR_CONNECTOR_DOWN: number(CommandError.ConnectorDown),
  ERR_CONNECTOR_NOT_FOUND: test('connector/connector-process.test.ts'),
  ERR_CONNECTOR_EXITED: test('e2e/owned-connector.test.ts'),
  ERR_ORDER_ID_EXISTS: inHandler(
    "const order = { side: 'buy', price: 90, qty: 1, orderId: 5n }; ctx.submit(order); ctx.submit(order);",
  ),
  ERR_ORDER_NOT_FOUND: inHandler('ctx.cancel(9n);'),
  ERR_INVALID_ORDER_STATUS: number(CommandError.InvalidOrderStatus),
  ERR_INSTRUMENT_NOT_FOUND: inHandler("ctx.position('ETHUSDT');"),
  ERR_TIMEOUT: () =>
    runLive({
      strategy: 'data:text/javascript,export default { onBatch() { for (;;); } };',
      instruments,
      backend: 'stub',
      durationMs: 100,
      stopTimeoutMs: 100,
      stopWaitMs: 50,
    }),
  ERR_INTERRUPTED: number(CommandError.Interrupted),
  ERR_END_OF_DATA: number(CommandError.EndOfData),
  ERR_QUEUE_FULL: none('it has no queue of commands: its orders go out in its own thread'),
  ERR_ALREADY_RUNNING: test('e2e/bots.test.ts'),
  ERR_SHARED_MEMORY: test('e2e/shared-memory-faults.test.ts'),
  ERR_SEND_FAILED: number(CommandError.SendFailed),
  ERR_RATE_LIMITED: none('orderRateLimit is an option of the client'),
  ERR_BOOK_NOT_LIVE: number(CommandError.BookNotLive),
  ERR_READ_ONLY: inHandler("ctx.submit({ side: 'buy', price: 90, qty: 1 });", { readOnly: true }),
  ERR_TOO_LATE: number(CommandError.TooLate),
  ERR_ORDERS_LEFT_OPEN: test('e2e/stop.test.ts'),
  ERR_INVALID_STATE: none('a run is started by the call that makes it'),
  ERR_STRATEGY_MODULE: () =>
    runLive({ strategy: './none.mjs', instruments, backend: 'stub', durationMs: 100 }),
  ERR_INVALID_DATA: test('bot/stub-connector-bot.test.ts'),
  ERR_MISSING_FIELD: notHere.feedOnly,
  ERR_INVALID_FIELD: notHere.feedOnly,
  ERR_UNKNOWN_DATA_SOURCE: notHere.noFeed,
  ERR_VENUE_REFUSED: none('a refused key ends `ready()`, which a run has not'),
  ERR_ORDERS_CHANGED: inHandler("ctx.agreeOrders('stub', 'real', 'mainnet');"),
  ERR_ORDERS_MISMATCH: () =>
    runLive({
      strategy: 'data:text/javascript,export default { onTrade() {} };',
      instruments,
      backend: 'stub',
      requireOrders: 'real',
      durationMs: 100,
    }),
  ERR_NATIVE_PANIC: panic,
  ERR_CUSTOM: number(CommandError.Custom),
};
