// A read-only program in a process of its own: it says what it is sent of orders, what it shows of them,
// and what comes of an order that it sends all the same.
import process from 'node:process';
import { LiveClient, LiveInstrument } from '../../../dist/index.js';
import { drivenBy, say } from './driven.mjs';

const LOOK_MS = 500;

const shown = ({ orderId, symbol, state, side, price, qty, filledQty, unconfirmed, own }) => ({
  orderId, symbol, state, side, price, qty, filledQty, unconfirmed, own,
}); // prettier-ignore

drivenBy({
  async open({ connector, symbol: { symbol, tick, lot, middle } }) {
    const client = new LiveClient({
      instruments: [new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(lot)],
      backend: 'native',
      readOnly: true,
      ringCapacity: 1024,
      healthIntervalMs: 60_000,
    });
    client.on('orderUpdate', ({ order }) =>
      say({ kind: 'looker', text: 'got a report', order: shown(order) }),
    );
    await client.start();
    await client.ready(LOOK_MS).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    for (const order of client.getOrders(undefined, { all: true }))
      say({ kind: 'looker', text: 'shows it', order: shown(order) });
    const sent = await client.submitOrder({ side: 'buy', price: middle, qty: 10 * lot });
    say({ kind: 'looker', text: `looked on; its own order: ${sent.status} ${sent.rule ?? ''}` });
    await client.close();
    process.disconnect();
  },
});
