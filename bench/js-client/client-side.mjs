// Publisher → LiveClient → a handler on this thread: one round.
import { LiveClient, LiveInstrument } from 'hftbacktest-live';
import { peer } from '../harness/build.mjs';
import { newName } from '../harness/names.mjs';
import { start } from '../harness/process.mjs';
import { settled } from './settled.mjs';

/** `makeTaker` makes `{ take(px, qty, sentNs), received(), result() }` for each round. */
export async function clientSide({ rate, seconds, makeTaker, wait = 'adaptive' }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(rate), String(seconds)]);
  const taker = makeTaker();
  const client = new LiveClient({
    instruments: [new LiveInstrument('BENCH').connector(name).tickSize(0.1).lotSize(0.001)],
    backend: 'native',
    wait,
    heartbeatTimeoutMs: 600_000,
    onError: (error) => console.error(error.message),
  });
  client.on('bookUpdate', ({ bids, asks, exchTsNs }) => {
    for (const { price, qty } of bids) taker.take(price, qty, exchTsNs);
    for (const { price, qty } of asks) taker.take(price, qty, exchTsNs);
  });
  try {
    await publisher.next();
    await client.start();
    const published = await publisher.next();
    await settled(taker.received, published.events);
    const { lost, dropped, gaps } = client.health;
    await publisher.ended();
    return {
      ...taker.result(),
      published: published.events,
      lost,
      dropped,
      gaps,
      rate: published.events / (published.elapsedNs / 1e9),
      lateP99Ns: published.lateP99Ns,
    };
  } finally {
    await client.close();
    publisher.kill();
  }
}
