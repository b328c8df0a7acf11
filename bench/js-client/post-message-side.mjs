// Publisher → our bot in a worker → one postMessage object per event → a handler on this thread.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { peer } from '../harness/build.mjs';
import { newName } from '../harness/names.mjs';
import { start } from '../harness/process.mjs';
import { settled } from './settled.mjs';

export async function postMessageSide({ rate, seconds, makeTaker, wait = 'adaptive' }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(rate), String(seconds)]);
  const taker = makeTaker();
  const stop = new SharedArrayBuffer(4);
  let worker;
  try {
    await publisher.next();
    worker = new Worker(new URL('./post-message-worker.mjs', import.meta.url), {
      workerData: { name, wait, stop },
    });
    let stats;
    worker.on('message', (event) => {
      if (event.stats === undefined) taker.take(event.price, event.qty, event.exchTsNs);
      else stats = event.stats;
    });
    const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
    failed.catch(() => undefined);
    const published = await Promise.race([publisher.next(), failed]);
    await settled(taker.received, published.events);
    await publisher.ended();
    const ended = once(worker, 'exit');
    Atomics.store(new Int32Array(stop), 0, 1);
    await ended;
    return {
      ...taker.result(),
      published: published.events,
      lost: stats?.lost ?? 0,
      rate: published.events / (published.elapsedNs / 1e9),
      lateP99Ns: published.lateP99Ns,
    };
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await worker?.terminate();
    publisher.kill();
  }
}
