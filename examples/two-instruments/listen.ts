// Listens to two instruments and prints how their mid prices stand to each other. Sends no orders.
// node --import hftbacktest-live/typescript examples/two-instruments/listen.ts [sim|stub|NAME] [SECONDS]
import process from 'node:process';

import { LiveClient, LiveInstrument, type Trade } from 'hftbacktest-live';

const [connector = 'sim', seconds = '10'] = process.argv.slice(2);
const [first, second] = ['BTCUSDT', 'ETHUSDT'];

const client = new LiveClient({
  // Each instrument names its connector: two may be on two venues.
  instruments: [
    new LiveInstrument(first).connector(connector).tickSize(0.1).lotSize(0.001),
    new LiveInstrument(second).connector(connector).tickSize(0.01).lotSize(0.01),
  ],
  ...(connector === 'sim' ? { connector: { kind: 'sim' } } : {}),
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { maxFeeds: Infinity },
  readOnly: true, // takes over no orders that another bot has left
  onError: (error) => {
    console.error(error.message);
  },
});

/** Mid price of a book that is live, else `undefined`. */
function mid(symbol: string): number | undefined {
  const { bids, asks, synced } = client.snapshot(symbol, 1);
  const [bid] = bids;
  const [ask] = asks;
  return synced && bid !== undefined && ask !== undefined ? (bid.price + ask.price) / 2 : undefined;
}

const trades = new Map<string, number>();
const count = ({ symbol }: Trade): void => {
  trades.set(symbol, (trades.get(symbol) ?? 0) + 1);
};
let compared = 0;
let ratio: number | undefined;
client.on('trade', count).on('bookUpdate', () => {
  const [a, b] = [mid(first), mid(second)];
  if (a === undefined || b === undefined) return;
  compared += 1;
  ratio = a / b;
});
client.on('bookState', ({ symbol, state, previous }) => {
  console.error(`${symbol}: ${previous} → ${state}`);
});
const timer = setInterval(() => {
  console.error(`${first} / ${second} = ${ratio?.toFixed(5) ?? 'not known'}`);
}, 1_000);

// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
const stopped = new Promise<void>((resolve) => {
  const stop = (): void => {
    resolve();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  for (const output of [process.stdout, process.stderr]) output.on('error', stop); // `| head`
  setTimeout(stop, Number(seconds) * 1000).unref();
});

await client.start();
await stopped;
clearInterval(timer);
const { backend } = client;
await client.close();
console.log(JSON.stringify({ backend, trades: Object.fromEntries(trades), compared, ratio }));
