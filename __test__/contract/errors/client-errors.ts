import { CommandError } from '../../../lib/models/record-layout.js';
import { buy, connectedClient, fakeClient, withOrder } from '../../client/clients.js';
import { notHere, number, panic, test, type Column } from './cells.js';

/** The errors of mode client. */
export const CLIENT_ERRORS: Column = {
  ERR_INVALID_ARGUMENT: async () =>
    (await connectedClient()).client.submitOrder({ side: 'buy', qty: 1 }),
  ERR_OFF_GRID: async () =>
    (await connectedClient()).client.quote([{ side: 'buy', price: 100.07, qty: 1 }]),
  ERR_CLOSED: async () => {
    const { client } = await connectedClient();
    await client.close();
    await client.submitOrder(buy);
  },
  ERR_NATIVE_UNAVAILABLE: test('client/client-lifecycle.test.ts'),
  ERR_UNSUPPORTED_BY_CONNECTOR: number(CommandError.Unsupported),
  ERR_CONNECTOR_DOWN: async () => {
    const { client } = fakeClient();
    await client.start();
    await client.ready(10);
  },
  ERR_CONNECTOR_NOT_FOUND: test('client/client-connector.test.ts'),
  ERR_CONNECTOR_EXITED: test('client/client-connector.test.ts'),
  ERR_ORDER_ID_EXISTS: async () => {
    const { client, id } = await withOrder();
    await client.submitOrder({ ...buy, orderId: id });
  },
  ERR_ORDER_NOT_FOUND: async () => (await connectedClient()).client.cancelOrder(77n),
  ERR_INVALID_ORDER_STATUS: async () => {
    const { client, id } = await withOrder();
    client.modifyOrder(id, { qty: 2 }).catch(() => undefined);
    await client.modifyOrder(id, { qty: 3 });
  },
  ERR_INSTRUMENT_NOT_FOUND: async () => (await connectedClient()).client.getPosition('ETHUSDT'),
  ERR_TIMEOUT: async () => {
    const { client, id } = await withOrder();
    await client.waitForOrder(id, 'terminal', 5);
  },
  ERR_INTERRUPTED: number(CommandError.Interrupted),
  ERR_END_OF_DATA: number(CommandError.EndOfData),
  ERR_QUEUE_FULL: async () => {
    const { client, session } = await connectedClient();
    session.queueFull = true;
    client.agreeOrders('fake', 'simulated', 'simulated');
  },
  ERR_ALREADY_RUNNING: test('e2e/bots.test.ts'),
  ERR_SHARED_MEMORY: test('e2e/shared-memory-faults.test.ts'),
  ERR_SEND_FAILED: number(CommandError.SendFailed),
  ERR_RATE_LIMITED: test('client/client-submit.test.ts'),
  ERR_BOOK_NOT_LIVE: number(CommandError.BookNotLive),
  ERR_READ_ONLY: number(CommandError.OnlyLooks),
  ERR_TOO_LATE: number(CommandError.TooLate),
  ERR_ORDERS_LEFT_OPEN: test('client/client-stop.test.ts'),
  ERR_INVALID_STATE: () => fakeClient().client.submitOrder(buy),
  ERR_STRATEGY_MODULE: notHere.noStrategy,
  ERR_INVALID_DATA: test('bot/stub-connector-bot.test.ts'),
  ERR_MISSING_FIELD: notHere.feedOnly,
  ERR_INVALID_FIELD: notHere.feedOnly,
  ERR_UNKNOWN_DATA_SOURCE: notHere.noFeed,
  ERR_VENUE_REFUSED: test('client/client-orders-destination.test.ts'),
  ERR_ORDERS_CHANGED: async () => {
    (await connectedClient()).client.agreeOrders('fake', 'real', 'mainnet');
  },
  ERR_ORDERS_MISMATCH: number(CommandError.OrdersNotAsRequired),
  ERR_NATIVE_PANIC: panic,
  ERR_CUSTOM: number(CommandError.Custom),
};
