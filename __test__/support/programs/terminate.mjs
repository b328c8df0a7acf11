// Terminates workers whose bots wait, at random points, and prints how long each took to end.
// Arguments: name of a connector, `waitBatch` or `run`, how many workers.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { create, LiveInstrument } from '../../../dist/index.js';
import { addon, nativeConfig } from './addon.mjs';

function waitForEver({ name, mode, portId }) {
  if (mode === 'waitBatch') {
    const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
    const bot = create({ instruments: [instrument], backend: 'native' });
    parentPort.postMessage('waiting');
    for (;;) bot.waitBatch(10e9);
  }
  const bot = new addon.HashMapMarketDepthLiveBot(nativeConfig(name));
  bot.bindPort(portId);
  parentPort.postMessage('waiting');
  for (;;) addon.botRun(bot.handle, 10e9);
}

function sharedMappings() {
  return readFileSync('/proc/self/maps', 'utf8').match(/\/dev\/shm\//g)?.length ?? 0;
}

async function main(name, mode, count) {
  const tookMs = [];
  let mappings = 0;
  for (let at = 0; at < count; at += 1) {
    const ring = new Uint8Array(new SharedArrayBuffer(512 + 1024 * 128));
    const port = mode === 'run' ? new addon.NativePort(ring, () => undefined) : undefined;
    // Every other worker waits for a connector that never comes: nothing interrupts its waits.
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { name: at % 2 === 0 ? name : `${name}-absent`, mode, portId: port?.id },
    });
    const ended = once(worker, 'exit');
    // Every fifth is hit somewhere between its birth and its first wait.
    await once(worker, at % 5 === 4 ? 'online' : 'message');
    await sleep(Math.random() * 120);
    const startMs = performance.now();
    void worker.terminate();
    await ended;
    tookMs.push(performance.now() - startMs);
    port?.close();
    // The first may leave what is made once per process.
    if (at === 0) mappings = sharedMappings();
  }
  console.log(JSON.stringify({ tookMs, mappings, mappingsAfter: sharedMappings() }));
  // Alive until the test has looked at what is left in shared memory.
  await once(process.stdin.resume(), 'end');
}

if (isMainThread) await main(process.argv[2], process.argv[3], Number(process.argv[4]));
else waitForEver(workerData);
