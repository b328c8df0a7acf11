// Subscribes to one instrument of a running connector (or of the stub) and prints statistics.
import { parseArgs } from 'node:util';

import { LiveClient, LiveInstrument } from 'hftbacktest-live';

import { MarketStatistics } from './market-statistics.mjs';

const { values: options } = parseArgs({
  options: {
    stub: { type: 'boolean', default: false },
    duration: { type: 'string' },
    connector: { type: 'string', default: 'sim' },
    start: { type: 'boolean', default: false },
    config: { type: 'string' },
    symbol: { type: 'string', default: 'BTCUSDT' },
    tick: { type: 'string', default: '0.1' },
    lot: { type: 'string', default: '0.001' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (options.help) {
  console.log(
    'node index.mjs [--stub] [--duration SECONDS] [--connector NAME] [--start] [--config FILE] [--symbol S] [--tick SIZE] [--lot SIZE] [--json]',
  );
  process.exit(0);
}
const say = (text) => {
  if (!options.json) console.log(text);
};

// 1. What to subscribe to. With --start the connector is a child of this program and --connector is
//    its kind; otherwise it runs already, under that name.
const instrument = new LiveInstrument(options.symbol)
  .connector(options.connector)
  .tickSize(Number(options.tick))
  .lotSize(Number(options.lot));

// 2. The client. `native` fails with a clear error where there is no addon; the stub is asked for.
const client = new LiveClient({
  instruments: [instrument],
  backend: options.stub ? 'stub' : 'native',
  // It sends no orders, and must not take over those that another bot has left.
  readOnly: true,
  stub: { stepIntervalNs: 5_000_000 },
  ...(options.start && {
    connector: {
      kind: options.connector,
      ...(options.config && { configFile: options.config }),
    },
  }),
  onError: (error) => console.error(`error: ${error.message}`),
  onConnectionLost: ({ connector, reason }) =>
    console.error(`connection lost: ${connector} (${reason})`),
  onConnectionRestored: ({ connector }) => console.error(`connection restored: ${connector}`),
});

client.on('notice', ({ code, text }) => console.error(`notice ${code}: ${text}`));

client.on('connectorDied', ({ connector, willRestart }) =>
  console.error(`connector ended: ${connector}${willRestart ? '; it is started again' : ''}`),
);

// 3. Every event of these kinds comes here, in order, on this thread.
const statistics = new MarketStatistics();
client.on('trade', (trade) => statistics.onTrade(trade));
client.on('bookUpdate', (update) => statistics.onDepth(update, client.snapshot(0, 1)));

// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
// 4. Ends after --duration or at Ctrl+C, whichever comes first.
const ended = new Promise((resolve) => {
  process.once('SIGINT', resolve).once('SIGTERM', resolve);
  if (options.duration !== undefined) setTimeout(resolve, Number(options.duration) * 1000);
});

const report = setInterval(() => {
  const { tradeCount, tradesPerSecond, depthUpdates, bid, ask, spread } = statistics;
  say(
    `${options.symbol}  ${bid ?? '-'} / ${ask ?? '-'}  spread ${spread ?? '-'}  trades ${tradeCount} (${tradesPerSecond.toFixed(1)}/s)  depth updates ${depthUpdates}`,
  );
}, 1000);

try {
  await client.start();
  say(`running on the ${client.backend}${client.backend === 'stub' ? ': prices are made up' : ''}`);
  const owned = client.health.connectorProcess;
  if (owned) say(`started ${owned.name}, process ${owned.pid}; orders: ${owned.orders}`);
  await ended;
  const { backend, gaps, lost, dropped, decodeErrors, latencyUs } = client.health;
  const feed = { p50: latencyUs.feed.p50Us, p99: latencyUs.feed.p99Us };
  const result = {
    backend,
    symbol: options.symbol,
    ...statistics.toJSON(),
    gaps,
    lost,
    dropped,
    decodeErrors,
    feedLatencyUs: feed,
  };
  if (options.json) console.log(JSON.stringify(result));
  else console.log(result);
} catch (error) {
  // Errors of this package say what happened and what to do.
  console.error(error.code === undefined ? error : `${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  clearInterval(report);
  await client.close();
}
// The timer of --duration may still be waiting after Ctrl+C.
process.exit();
