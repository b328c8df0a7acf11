// Runs the grid strategy in strategy mode. See README.md.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { LiveInstrument, runLive } from 'hftbacktest-live';

const { values } = parseArgs({
  options: {
    connector: { type: 'string', default: 'sim' },
    symbol: { type: 'string', default: 'BTCUSDT' },
    'tick-size': { type: 'string', default: '0.1' },
    'lot-size': { type: 'string', default: '0.001' },
    'order-qty': { type: 'string', default: '0.01' },
    'grid-num': { type: 'string', default: '5' },
    'half-spread': { type: 'string', default: '0.00005' },
    'grid-interval': { type: 'string', default: '0.00002' },
    seconds: { type: 'string' },
    stub: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    'node examples/market-maker/index.mjs [--connector NAME] [--symbol S] [--seconds N] [--stub] [--json]',
  );
  console.log(
    '  [--tick-size T] [--lot-size L] [--order-qty Q] [--grid-num N] [--half-spread R] [--grid-interval R]',
  );
  process.exit(0);
}

// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
const run = runLive({
  strategy: new URL('./grid-strategy.mjs', import.meta.url),
  strategyOptions: {
    orderQty: Number(values['order-qty']),
    gridNum: Number(values['grid-num']),
    relativeHalfSpread: Number(values['half-spread']),
    relativeGridInterval: Number(values['grid-interval']),
  },
  instruments: [
    new LiveInstrument(values.symbol)
      .connector(values.connector)
      .tickSize(Number(values['tick-size']))
      .lotSize(Number(values['lot-size'])),
  ],
  backend: values.stub ? 'stub' : 'native',
  handleSignals: true, // Ctrl+C ends the run in order: `onStop` cancels, and the answers are waited for
  stub: { maxFeeds: Infinity },
  ...(values.seconds === undefined ? {} : { durationMs: Number(values.seconds) * 1000 }),
  onLog: (text) => {
    if (!values.json) console.log(text);
  },
  onProgress: ({ events, ordersSubmitted, fills, positions, feedLatency }) => {
    if (values.json) return;
    const latency = `publish to handler p50 ${feedLatency.p50Us.toFixed(1)} us, p99 ${feedLatency.p99Us.toFixed(1)} us`;
    console.log(
      `${events} events, ${ordersSubmitted} orders, ${fills} fills, position ${positions[0]}, ${latency}`,
    );
  },
});
// Nobody reads the output any more (`| head`): ends in order, as at Ctrl+C.
for (const output of [process.stdout, process.stderr]) output.on('error', () => run.stop());

if (!values.json)
  console.log(`trading ${values.symbol} on ${values.connector} (${run.backend}); Ctrl+C ends it`);
const summary = await run;
console.log(values.json ? JSON.stringify(summary) : summary);
