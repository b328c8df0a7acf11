// Runs src/quoter.ts: `demo` on a simulated exchange, `paper` on Bybit's prices with orders that never leave this
// machine, `live` with real orders. Ctrl+C cancels the open orders and ends the run.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

import {
  HftError,
  LiveInstrument,
  runLive,
  type LiveRun,
  type RunLiveOptions,
} from 'hftbacktest-live';

import type { QuoterOptions } from './quoter.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, 'real-orders': { type: 'boolean', default: false } },
});
const mode = positionals[0] ?? 'demo';
if (existsSync('.env')) process.loadEnvFile('.env');

// A reader that has gone (… | head) ends it like Ctrl+C: no order is left behind.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);

const strategyOptions: QuoterOptions = { qty: 0.001, maxPosition: 0.005 };
const connector = mode === 'demo' ? 'sim' : 'bybit';
const options: RunLiveOptions = {
  strategy: new URL('./quoter.ts', import.meta.url),
  strategyOptions,
  // Tick size and lot size are those of the venue; it refuses others.
  instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001)],
  handleSignals: true,
  ...(values.seconds === undefined ? {} : { durationMs: Number(values.seconds) * 1000 }),
  onLog: (text) => {
    console.log(text);
  },
  onProgress: ({ positions, ordersSubmitted, fills }) => {
    console.log(
      `position ${String(positions[0])}, ${String(ordersSubmitted)} orders, ${String(fills)} fills`,
    );
  },
};

/** The simulated exchange; made-up prices, loudly, on a machine that the package has no addon for. */
function demo(): LiveRun {
  try {
    return runLive({ ...options, connector: { kind: 'sim' }, requireOrders: 'simulated' });
  } catch (error) {
    if (!HftError.is(error, 'ERR_NATIVE_UNAVAILABLE')) throw error;
    console.error('*** STUB: prices are made up in this process, orders reach no venue. ***');
    console.error(`*** ${error.message} ***`);
    return runLive({ ...options, backend: 'stub', stub: { maxFeeds: Infinity } });
  }
}

/** Market data of Bybit, which needs no keys; orders are filled in the connector. */
function paper(): LiveRun {
  return runLive({ ...options, connector: { kind: 'bybit', paper: true }, requireOrders: 'paper' });
}

/** Real orders: only with keys, and only when they are asked for by name. */
function live(): LiveRun {
  const environment = process.env['BYBIT_CONNECTOR_TESTNET'] === 'true' ? 'testnet' : 'mainnet';
  const missing = ['BYBIT_API_KEY', 'BYBIT_API_SECRET'].filter((name) => !process.env[name]);
  if (missing.length > 0)
    throw new Error(
      `${missing.join(' and ')} missing: copy .env.example to .env and fill them in.`,
    );
  if (!values['real-orders'])
    throw new Error(
      `This sends real orders to Bybit's ${environment}: at most ${String(strategyOptions.maxPosition)} BTC long or short. If you want that: npm run live -- --real-orders`,
    );
  const wanted = {
    requireOrders: 'real',
    requireEnvironment: environment,
  } satisfies Partial<RunLiveOptions>;
  return runLive({ ...options, ...wanted, connector: { kind: 'bybit', paper: false } });
}

const modes = new Map([
  ['demo', demo],
  ['paper', paper],
  ['live', live],
]);

try {
  const start = modes.get(mode);
  if (start === undefined) throw new Error(`${mode} is no mode: say demo, paper or live.`);
  const run = start();
  // Nobody reads the output any more (`| head`): ends in order, as at Ctrl+C.
  for (const output of [process.stdout, process.stderr])
    output.on('error', () => {
      run.stop();
    });
  const { backend, reason, trades, ordersSubmitted, fills, positions, ordersLeft } = await run;
  console.log({ mode, backend, reason, trades, ordersSubmitted, fills, positions, ordersLeft });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
