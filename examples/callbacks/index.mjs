// Callbacks: handlers for each kind of event, errors and connections included.
import { LiveClient, LiveInstrument } from 'hftbacktest-live';

const [connector = 'sim', symbol = 'BTCUSDT', seconds = '5'] = process.argv.slice(2);
const instrument = new LiveInstrument(symbol).connector(connector).tickSize(0.1).lotSize(0.001);
let isFinishing = false;
const counts = { trades: 0, bookUpdates: 0, snapshots: 0, orderUpdates: 0, errors: 0, health: 0 };

const client = new LiveClient({
  instruments: [instrument],
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { stepIntervalNs: 5_000_000, fillProbability: 0 },
  onConnectionLost: ({ connector: name, reason }) => console.error(`lost ${name}: ${reason}`),
  onConnectionRestored: ({ connector: name }) => console.error(`back: ${name}`),
  // Errors of the connector and what handlers throw; without it a throwing handler ends the process.
  onError: (error, { source }) => {
    counts.errors += 1;
    console.error(`${source}: ${error.message}`);
  },
});

client
  .on('trade', () => {
    counts.trades += 1;
    // One bad handler does no harm to the events after it.
    if (counts.trades === 1) throw new Error('thrown on purpose by the first trade');
  })
  .on('bookUpdate', () => (counts.bookUpdates += 1))
  .on('snapshot', () => (counts.snapshots += 1))
  .on('orderUpdate', ({ order, previous, current }) => {
    counts.orderUpdates += 1;
    console.error(`order ${order.orderId}: ${previous ?? '-'} → ${current}`);
  })
  .on('health', ({ health }) => {
    counts.health += 1;
    console.error(`${health.throughput.eventsPerSecond.toFixed(0)} events/s`);
  })
  .once('bookReady', async () => {
    // A connector that has just started refuses orders until it has read the account.
    await client.ready(20_000);
    const price = Math.round((client.snapshot().bids[0].price - 50) * 10) / 10;
    const outcome = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
    if (outcome.status === 'accepted') await client.cancelOrder(outcome.order.orderId);
  });

const timer = setTimeout(finish, Number(seconds) * 1000);
// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
process.once('SIGINT', finish).once('SIGTERM', finish);
// Nobody reads the output any more (`| head`): ends in order, too.
for (const output of [process.stdout, process.stderr]) output.on('error', finish);
await client.start();

async function finish() {
  if (isFinishing) return;
  isFinishing = true;
  clearTimeout(timer);
  const { backend } = client;
  // Nothing may stay open behind us: `close()` waits for the answer, and reports to `onError` what may.
  client.cancelAll().catch((error) => console.error(`cancelAll: ${error.message}`));
  await client.close();
  console.log(JSON.stringify({ backend, ...counts }));
}
