// Ways for a process to end whose client has a connector of its own. Argument: the way.
import process from 'node:process';

import { LiveClient, LiveInstrument } from '../../../dist/index.js';

const client = new LiveClient({
  instruments: [new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  connector: { kind: 'sim' },
});
await client.start();
await client.ready(20_000);
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
  'cancel at SIGINT': async () => {
    const price = Math.round(client.snapshot().bids[0].price - 100);
    const { order } = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
    process.once('SIGINT', async () => {
      // Time for a signal to end the connector, should it get one.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { status } = await client.cancelOrder(order.orderId);
      console.log(JSON.stringify({ status }));
      await client.close();
    });
    console.log(JSON.stringify({ open: String(order.orderId) }));
  },
};
await ways[process.argv[2]]();
