import { DataSourceRegistry } from '../../../lib/feed/data-sources.js';
import {
  BinanceWsStream,
  createFeed,
  NativeConnector,
  StubbedConnector,
  type HFTConnectorStream,
} from '../../../lib/feed/index.js';
import { normalizeEvent } from '../../../lib/feed/normalizer.js';
import { HftError } from '../../../lib/index.js';
import { ScriptedConnector } from '../../feed/scripted-connector.js';
import { instruments, none, notHere, test, type Column } from './cells.js';

/** A feed of a connector, not started. */
function feedOf(connector: ScriptedConnector | StubbedConnector): HFTConnectorStream {
  const registry = new DataSourceRegistry();
  registry.register('mine', () => connector);
  return createFeed({
    env: { DATA_SOURCE: 'mine' },
    registry,
    logger: false,
    stream: { connectTimeoutMs: 50, backoff: { maxAttempts: 0 } },
  }).feed;
}

async function start(connector: ScriptedConnector | StubbedConnector): Promise<void> {
  const feed = feedOf(connector);
  try {
    await feed.start();
  } finally {
    await feed.stop();
  }
}

const noBot = none('it sends no orders and waits for no batch');
const trade = { type: 'trade', symbol: 'BTCUSDT', price: 1, qty: 1, side: 'buy', timestamp: 1 };

/** The errors of feeds. */
export const FEED_ERRORS: Column = {
  ERR_INVALID_ARGUMENT: () => new StubbedConnector({ tick: 1 } as never),
  ERR_OFF_GRID: noBot,
  ERR_CLOSED: async () => {
    const feed = feedOf(new StubbedConnector({ connectDelayMs: 20 }));
    const starting = feed.start();
    starting.catch(() => undefined);
    await feed.stop();
    await starting;
  },
  ERR_NATIVE_UNAVAILABLE: test('feed/create-feed.test.ts'),
  ERR_UNSUPPORTED_BY_CONNECTOR: noBot,
  ERR_CONNECTOR_DOWN: () => start(new StubbedConnector({ faults: { failConnects: 1 } })),
  ERR_CONNECTOR_NOT_FOUND: test('feed/create-feed.test.ts'),
  ERR_CONNECTOR_EXITED: test('connector/connector-runner.test.ts'),
  ERR_ORDER_ID_EXISTS: noBot,
  ERR_ORDER_NOT_FOUND: noBot,
  ERR_INVALID_ORDER_STATUS: noBot,
  ERR_INSTRUMENT_NOT_FOUND: async () => {
    const connector = new NativeConnector({ clientOptions: { instruments, backend: 'stub' } });
    await connector.connect();
    try {
      await connector.subscribeTrades('ETHUSDT');
    } finally {
      await connector.disconnect();
    }
  },
  ERR_TIMEOUT: async () => {
    const connector = new ScriptedConnector();
    connector.connects.push('hang');
    await start(connector).catch((error: unknown) => {
      // What every attempt failed by.
      throw HftError.is(error) ? error.cause : error;
    });
  },
  ERR_INTERRUPTED: noBot,
  ERR_END_OF_DATA: noBot,
  ERR_QUEUE_FULL: none('its queues drop or merge, and count it'),
  ERR_ALREADY_RUNNING: none('a feed has no name that another one could have'),
  ERR_SHARED_MEMORY: test('e2e/shared-memory-faults.test.ts'),
  ERR_SEND_FAILED: noBot,
  ERR_RATE_LIMITED: noBot,
  ERR_BOOK_NOT_LIVE: noBot,
  ERR_READ_ONLY: noBot,
  ERR_TOO_LATE: noBot,
  ERR_ORDERS_LEFT_OPEN: noBot,
  ERR_INVALID_STATE: none('calls before its start fail with ERR_CONNECTOR_DOWN'),
  ERR_STRATEGY_MODULE: notHere.noStrategy,
  ERR_INVALID_DATA: none('it reads no files'),
  ERR_MISSING_FIELD: () => normalizeEvent({ type: 'trade', symbol: 'BTCUSDT' }, { source: 'x' }),
  ERR_INVALID_FIELD: () => normalizeEvent({ ...trade, price: -1 }, { source: 'x' }),
  ERR_UNKNOWN_DATA_SOURCE: () => createFeed({ env: { DATA_SOURCE: 'nope' }, logger: false }),
  ERR_VENUE_REFUSED: test('feed/binance-ws-stream.test.ts'),
  ERR_ORDERS_CHANGED: noBot,
  ERR_ORDERS_MISMATCH: noBot,
  ERR_NATIVE_PANIC: none('the client that it reads reports it'),
  ERR_CUSTOM: async () => {
    const connector = new ScriptedConnector();
    connector.queue.push({ type: 'error', code: 'symbol_unknown', message: 'no such symbol' });
    const feed = feedOf(connector);
    const reported = new Promise<Error>((resolve) => {
      feed.on('error', ({ error }) => {
        resolve(error);
      });
    });
    await feed.start();
    try {
      throw await reported;
    } finally {
      await feed.stop();
    }
  },
};

/** Of a feed that is not connected. */
export const notConnected = (): Promise<void> => new BinanceWsStream().subscribeTrades('BTCUSDT');
