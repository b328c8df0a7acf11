// The quoter of strategy.ts in strategy mode: its handlers run beside the bot, in a thread of their own.
// node --import hftbacktest-live/typescript examples/quoter/run.ts [sim|stub|NAME] [SECONDS]
import process from 'node:process';

import { LiveInstrument, runLive } from 'hftbacktest-live';

import type { QuoterOptions } from './strategy.ts';

const [connector = 'sim', seconds] = process.argv.slice(2);
const strategyOptions: QuoterOptions = { qty: 0.001, maxPosition: 0.005 };

const run = runLive({
  strategy: new URL('./strategy.ts', import.meta.url),
  strategyOptions,
  instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001)],
  // `sim` is started with the run; any other name is a connector that runs already.
  ...(connector === 'sim' ? { connector: { kind: 'sim' } } : {}),
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { maxFeeds: Infinity },
  handleSignals: true, // Ctrl+C: `onStop` cancels, and the answers are waited for
  ...(seconds === undefined ? {} : { durationMs: Number(seconds) * 1000 }),
  onLog: (text) => {
    console.error(text);
  },
});
// Nobody reads the output any more (`| head`): ends in order, too.
for (const output of [process.stdout, process.stderr])
  output.on('error', () => {
    run.stop();
  });
const { backend, trades, ordersSubmitted, fills, handlerErrors, positions, ordersLeft } = await run;
const left = ordersLeft.length;
console.log(
  JSON.stringify({ backend, trades, ordersSubmitted, fills, handlerErrors, positions, left }),
);
