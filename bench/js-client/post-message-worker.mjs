// The usual way out of a worker: the same bot on the same publisher, and one message object for
// each event.
import { parentPort, workerData } from 'node:worker_threads';
import { LiveInstrument, create } from 'hftbacktest-live';

const { name, wait, stop } = workerData;
const stopWord = new Int32Array(stop);
const bot = create({
  instruments: [new LiveInstrument('BENCH').connector(name).tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  wait,
});
try {
  while (Atomics.load(stopWord, 0) === 0) {
    const reader = bot.waitBatch(20_000_000);
    while (reader.next()) {
      const { view } = reader;
      // Orders, positions and links have no raw event flags.
      if (view.ev === 0n) continue;
      const { price, qty, isBuy, exchTsNs, localTsNs } = view;
      parentPort.postMessage({ side: isBuy ? 'buy' : 'sell', price, qty, exchTsNs, localTsNs });
    }
  }
  parentPort.postMessage({ stats: bot.stats() });
} finally {
  bot.close();
}
