// A bot on the main thread and one in each of several workers. Argument: name of a connector.
import { once } from 'node:events';
import process from 'node:process';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { create, LiveInstrument } from '../../../dist/index.js';

function receive(name) {
  const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
  const bot = create({ instruments: [instrument], backend: 'native' });
  let records = 0;
  while (records < 1_000) records += bot.waitBatch(1e9).count;
  const { lost, decodeErrors } = bot.stats();
  const synced = bot.depth(0).synced;
  bot.close();
  return { botId: String(bot.botId), lost, decodeErrors, synced };
}

if (isMainThread) {
  const name = process.argv[2];
  const workers = Array.from({ length: 4 }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: name });
    return Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  });
  const own = receive(name);
  const results = (await Promise.all(workers)).map(([[message], [code]]) => ({ ...message, code }));
  console.log(JSON.stringify([{ ...own, code: 0 }, ...results]));
} else {
  parentPort.postMessage(receive(workerData));
}
