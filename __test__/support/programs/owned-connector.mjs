// Ways for a process to end whose client has a connector of its own. Argument: the way.
import process from 'node:process';

import { LiveClient, LiveInstrument } from '../../../dist/index.js';

const client = new LiveClient({
  instruments: [new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  connector: { kind: 'sim' },
});
await client.start();
await client.ready(10_000);
console.log(JSON.stringify({ pid: client.health.connectorProcess.pid }));

const ways = {
  close: () => client.close(),
  'process.exit': () => process.exit(7),
  'an error that nobody catches': () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    });
  },
  unref: () => client.unref(),
  wait: () => undefined,
};
await ways[process.argv[2]]();
