// Ways for a process with a bot to end. Arguments: name of a connector, and the way.
import process from 'node:process';

import { create, LiveInstrument, runLive } from '../../../dist/index.js';
import { addon } from './addon.mjs';

const [name, way] = process.argv.slice(2);
const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
const open = () => {
  const bot = create({ instruments: [instrument], backend: 'native' });
  while (!bot.depth(0).synced) bot.waitBatch(50e6);
  return bot;
};
/** Starts a run, and calls `end` while its handlers get events. */
const run = (end) =>
  runLive({
    strategy: new URL('./strategy.mjs', import.meta.url),
    instruments: [instrument],
    backend: 'native',
    progressMs: 50,
    onProgress: ({ levels }) => {
      if (levels > 0) end();
    },
  });

const ways = {
  'a closed bot': () => open().close(),
  'an open bot': () => void open(),
  'an open port': () => {
    const ring = new Uint8Array(new SharedArrayBuffer(512 + 64 * 128));
    globalThis.port = new addon.NativePort(ring, () => undefined);
    open().bindPort(globalThis.port.id);
  },
  'process.exit with an open bot': () => {
    open();
    process.exit(7);
  },
  'process.exit during a run': () => {
    run(() => process.exit(7)).catch(() => undefined);
  },
  'an error that nobody catches': () => {
    open();
    throw new Error('nobody catches this');
  },
  'an error in the midst of a run': () => {
    const fail = () => {
      throw new Error('nobody catches this');
    };
    // A turn of its own: what a handler throws is the run's to catch.
    run(() => setImmediate(fail)).catch(() => undefined);
  },
};
ways[way]();
