// A native thread → one ThreadsafeFunction call per event → a handler on this thread. The thread
// makes the events itself: the way through shared memory, which ours has, is not in its figure.
import path from 'node:path';
import { buildAddon } from '../harness/build-addon.mjs';
import { settled } from './settled.mjs';

let addon;

export async function threadSafeFunctionSide({ rate, seconds, makeTaker }) {
  addon ??= buildAddon(path.join(import.meta.dirname, 'per-event.cc'));
  const taker = makeTaker();
  const total = rate * seconds;
  const figures = await new Promise((resolve) => {
    addon.send(total, rate, taker.take, (elapsedNs, lateP99Ns) => {
      resolve({ elapsedNs, lateP99Ns });
    });
  });
  await settled(taker.received, total);
  return {
    ...taker.result(),
    published: total,
    rate: total / (figures.elapsedNs / 1e9),
    lateP99Ns: figures.lateP99Ns,
  };
}
