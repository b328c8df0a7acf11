// The quoter in client mode: an ordinary program on the main thread that awaits what becomes of its orders.
// node --import hftbacktest-live/typescript examples/quoter/client.ts [sim|stub|NAME] [SECONDS]
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { LiveClient, LiveInstrument, type DesiredQuote, type OrderOutcome } from 'hftbacktest-live';

const [connector = 'sim', seconds = '10'] = process.argv.slice(2);
const qty = 0.001;
const maxPosition = 0.005;

const client = new LiveClient({
  instruments: [new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001)],
  // `sim` is started with the client; any other name is a connector that runs already.
  ...(connector === 'sim' ? { connector: { kind: 'sim' } } : {}),
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { maxFeeds: Infinity },
  onError: (error) => {
    console.error(error.message);
  },
});
let submitted = 0;
let fills = 0;
client.on('orderUpdate', ({ order, fill }) => {
  if (fill === undefined) return;
  fills += 1;
  console.error(`${order.side} ${fill.qty} @ ${fill.price}`);
});

/** What to say about an order that was not accepted. */
function tell(outcome: OrderOutcome): void {
  switch (outcome.status) {
    case 'denied': // not sent; the next round tries again
    case 'rejected':
      console.error(outcome.status, outcome.text);
      break;
    case 'unknown': // it may be open: it counts until the connector says
      console.error('no answer yet:', outcome.reason);
      break;
    case 'accepted':
    case 'filled':
    case 'expired': // post-only, and the market had moved
      break;
  }
}

const stop = new AbortController();
const onSignal = (): void => {
  stop.abort();
};
// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
for (const output of [process.stdout, process.stderr]) output.on('error', onSignal); // `| head`
setTimeout(onSignal, Number(seconds) * 1000).unref();

await client.start();
await client.ready(20_000);
while (!stop.signal.aborted) {
  const { bids, asks, synced } = client.snapshot(0, 1);
  const position = client.getPosition();
  const [bid, ask] = [bids[0]?.price, asks[0]?.price];
  const quotes: DesiredQuote[] = [];
  // An unknown position is NaN, and every comparison with NaN is false: no quote.
  if (synced && bid !== undefined && position + qty <= maxPosition)
    quotes.push({ side: 'buy', price: bid, qty });
  if (synced && ask !== undefined && position - qty >= -maxPosition)
    quotes.push({ side: 'sell', price: ask, qty });
  // Sends what differs from the orders that are there or on their way, post-only.
  const { submits } = await client.quote(quotes);
  submitted += submits.length;
  submits.forEach(tell);
  await sleep(200);
}
await client.cancelAll();
const [position, left] = [client.getPosition(), client.getOrders().length];
await client.close();
console.log(JSON.stringify({ backend: client.backend, submitted, fills, position, left }));
