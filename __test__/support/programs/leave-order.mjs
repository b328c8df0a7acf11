// Opens one order far from the market, says so, and waits to be killed.
import process from 'node:process';

import { LiveClient, LiveInstrument } from '../../../dist/index.js';

const [connector, trading = 'yes'] = process.argv.slice(2);
const client = new LiveClient({
  instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  onError: (error) => console.error(error.message),
});
await client.start();
await client.ready(10_000);
const price = Math.round((client.snapshot().bids[0].price - 500) * 10) / 10;
const { status, order } = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
console.log(`left ${status} ${order.orderId} ${trading}`);
