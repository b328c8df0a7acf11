// Async iterators: three loops over the same client, each with its own view of the events.
import { LiveClient, LiveInstrument } from 'hftbacktest-live';

const [connector = 'sim', symbol = 'BTCUSDT', seconds = '5'] = process.argv.slice(2);
const instrument = new LiveInstrument(symbol).connector(connector).tickSize(0.1).lotSize(0.001);
const client = new LiveClient({
  instruments: [instrument],
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { stepIntervalNs: 5_000_000, fillProbability: 0 },
  onError: (error) => console.error(`error: ${error.message}`),
});

let volume = 0;
let trades = 0;
async function watchTrades() {
  for await (const trade of client.stream('trade')) {
    trades += 1;
    volume += trade.qty;
  }
}

let updates = 0;
async function watchBook() {
  for await (const update of client.stream('bookUpdate')) updates += update.merged;
}

const orderUpdates = [];
async function watchOrders() {
  for await (const { current } of client.stream('orderUpdate')) orderUpdates.push(current);
}

// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
// Ctrl+C, whenever it comes: nothing may stay open behind us.
const stopped = new Promise((resolve) => {
  process.once('SIGINT', resolve).once('SIGTERM', resolve);
  // Nobody reads the output any more (`| head`): ends in order, too.
  for (const output of [process.stdout, process.stderr]) output.on('error', resolve);
});
const orStopped = (promise) => Promise.race([promise, stopped]);

await client.start();
// Iterators are made before the first event is awaited, so none is missed; `close()` ends them.
const watching = Promise.all([watchTrades(), watchBook(), watchOrders()]);
let outcome;
const ready = client.ready(5_000);
ready.catch(() => undefined); // After a Ctrl+C nobody waits for it.
const isStopped = Symbol('stopped');
if ((await Promise.race([ready, stopped.then(() => isStopped)])) !== isStopped) {
  // An order is awaited like anything else, and its outcome says honestly what is known.
  const price = Math.round((client.snapshot().bids[0].price - 50) * 10) / 10;
  outcome = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
  if (outcome.status === 'accepted') await client.cancelOrder(outcome.order.orderId);
  await orStopped(new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000).unref()));
}

const { backend } = client;
// `close()` waits for the answer; what may be open all the same comes to `onError`.
client.cancelAll().catch((error) => console.error(`error: ${error.message}`));
await client.close();
await watching;
console.log(
  JSON.stringify({
    backend,
    trades,
    volume: Number(volume.toFixed(6)),
    updates,
    outcome: outcome?.status ?? 'none',
    orderUpdates,
  }),
);
