import { afterEach } from 'vitest';

import { StubConnectorBot } from '../../../lib/index.js';
import { CommandError } from '../../../lib/models/record-layout.js';
import { instruments, none, notHere, number, panic, test, type Column } from './cells.js';

const bots: StubConnectorBot[] = [];
afterEach(() => {
  for (const bot of bots.splice(0)) bot.close();
});
/** A stub with a live book. */
function liveBot(more: object = {}): StubConnectorBot {
  const bot = new StubConnectorBot({
    instruments,
    maxFeeds: Infinity,
    pace: 'asap',
    fillProbability: 0,
    ...more,
  });
  bots.push(bot);
  while (!bot.depth(0).synced) bot.waitBatch(1e8);
  return bot;
}
const order = { orderId: 5n, side: 'buy', price: 90, qty: 1 } as const;

/** The errors of mode bot. */
export const BOT_ERRORS: Column = {
  ERR_INVALID_ARGUMENT: () => liveBot().submitOrder(0, { ...order, qty: -1 }),
  ERR_OFF_GRID: () => liveBot().submitOrder(0, { ...order, price: 90.01 }),
  ERR_CLOSED: () => {
    const bot = liveBot();
    bot.close();
    bot.submitOrder(0, order);
  },
  ERR_NATIVE_UNAVAILABLE: test('bot/create-without-addon.test.ts'),
  ERR_UNSUPPORTED_BY_CONNECTOR: number(CommandError.Unsupported),
  ERR_CONNECTOR_DOWN: number(CommandError.ConnectorDown),
  ERR_CONNECTOR_NOT_FOUND: none('`create` starts no process'),
  ERR_CONNECTOR_EXITED: none('`create` starts no process'),
  ERR_ORDER_ID_EXISTS: () => {
    const bot = liveBot();
    bot.submitOrder(0, order);
    bot.submitOrder(0, order);
  },
  ERR_ORDER_NOT_FOUND: () => {
    liveBot().cancel(0, 9n);
  },
  ERR_INVALID_ORDER_STATUS: number(CommandError.InvalidOrderStatus),
  ERR_INSTRUMENT_NOT_FOUND: () => liveBot().depth(3),
  ERR_TIMEOUT: number(CommandError.Timeout),
  ERR_INTERRUPTED: number(CommandError.Interrupted),
  ERR_END_OF_DATA: number(CommandError.EndOfData),
  ERR_QUEUE_FULL: none('it has no queue of commands'),
  ERR_ALREADY_RUNNING: test('e2e/bots.test.ts'),
  ERR_SHARED_MEMORY: test('e2e/shared-memory-faults.test.ts'),
  ERR_SEND_FAILED: number(CommandError.SendFailed),
  ERR_RATE_LIMITED: none('orderRateLimit is an option of the client'),
  ERR_BOOK_NOT_LIVE: () => {
    const bot = new StubConnectorBot({ instruments });
    bots.push(bot);
    bot.submitOrder(0, order);
  },
  ERR_READ_ONLY: () => liveBot({ readOnly: true }).submitOrder(0, order),
  ERR_TOO_LATE: number(CommandError.TooLate),
  ERR_ORDERS_LEFT_OPEN: none('it is closed by who made it, with its orders at hand'),
  ERR_INVALID_STATE: none('it is started by its constructor'),
  ERR_STRATEGY_MODULE: notHere.noStrategy,
  ERR_INVALID_DATA: test('bot/stub-connector-bot.test.ts'),
  ERR_MISSING_FIELD: notHere.feedOnly,
  ERR_INVALID_FIELD: notHere.feedOnly,
  ERR_UNKNOWN_DATA_SOURCE: notHere.noFeed,
  ERR_VENUE_REFUSED: none('a refused key is a record of it'),
  ERR_ORDERS_CHANGED: () => {
    liveBot().agreeOrders('stub', 'real', 'mainnet');
  },
  ERR_ORDERS_MISMATCH: () => liveBot({ requireOrders: 'real' }),
  ERR_NATIVE_PANIC: panic,
  ERR_CUSTOM: number(CommandError.Custom),
};
