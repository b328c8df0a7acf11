// Runs a strategy that never returns; says so on its standard output.
import process from 'node:process';

import { LiveInstrument, runLive } from '../../../dist/index.js';

const [connector, stopTimeoutMs] = process.argv.slice(2);
const run = runLive({
  strategy: new URL('./stuck.mjs', import.meta.url),
  instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  handleSignals: true,
  stopTimeoutMs: Number(stopTimeoutMs),
  stopWaitMs: 0,
  onLog: (text, values) => {
    if (values !== undefined) console.log(`${text} ${values.ids.join(' ')}`);
  },
});
await run.catch((error) => console.log(`rejected ${error.code}`));
