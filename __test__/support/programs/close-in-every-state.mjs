// Closes a bot, twice, in every state that it can be in, and prints what became of its page.
// Argument: name of a connector that runs.
import { existsSync } from 'node:fs';
import process from 'node:process';

import {
  ConnectorProcess,
  create,
  LiveInstrument,
  RecordKind,
  runStrategyLoop,
} from '../../../dist/index.js';
import { addon } from './addon.mjs';

const name = process.argv[2];
const results = [];

function open(connector = name) {
  const instrument = new LiveInstrument('BTCUSDT')
    .connector(connector)
    .tickSize(0.1)
    .lotSize(0.001);
  return create({ instruments: [instrument], backend: 'native' });
}

function seen(bot, kind) {
  const endNs = bot.monotonicNs() + 20e9;
  while (bot.monotonicNs() < endNs) {
    for (const view of bot.waitBatch(50e6)) if (view.kind === kind) return bot;
  }
  throw new Error(`no record of kind ${kind}`);
}

const withBook = () => seen(open(), RecordKind.BookReady);
const order = (bot, orderId = 1n) => ({
  orderId,
  side: 'buy',
  price: Math.round(bot.depth(0).bestBid * 10 - 500) / 10,
  qty: 0.01,
});

async function close(state, make, after = () => undefined) {
  const bot = await make();
  const page = `/dev/shm/hbl-${process.geteuid()}-bot-${bot.botId.toString(16).padStart(16, '0')}`;
  const existed = existsSync(page) || bot.closed;
  const startMs = performance.now();
  bot.close();
  bot.close();
  const tookMs = performance.now() - startMs;
  let code = 'none';
  try {
    bot.waitBatch(0);
  } catch (error) {
    code = error.code;
  }
  await after();
  results.push({ state, existed, left: existsSync(page), closed: bot.closed, code, tookMs });
}

await close('no connector', () => open(`${name}-absent`));
await close('nothing waited for', () => open());
await close('registered', () => seen(open(), RecordKind.Link));
await close('within its snapshot', () => {
  const bot = open();
  for (;;)
    for (const view of bot.waitBatch(50e6, 1)) if (view.kind === RecordKind.BatchStart) return bot;
});
await close('with a book', withBook);
await close('with a request under way', () => {
  const bot = withBook();
  bot.submitOrder(0, order(bot));
  return bot;
});
await close('with an open order', () => {
  const bot = withBook();
  bot.submitOrder(0, order(bot, 2n), { timeoutMs: 20_000 });
  bot.cancel(0, 2n);
  return bot;
});
await close('while its records are read', () => {
  const bot = withBook();
  for (const view of bot.waitBatch(1e9)) if (view.kind > 0) bot.close();
  return bot;
});
await close('in a handler of a strategy', () => {
  const bot = withBook();
  try {
    runStrategyLoop(bot, { onLevel: () => bot.close() }, { durationMs: 20_000 });
  } catch (error) {
    if (error.code !== 'ERR_CLOSED') throw error;
  }
  return bot;
});
let port;
await close(
  'stopped by a port',
  () => {
    const bot = withBook();
    port = new addon.NativePort(null, null);
    bot.bindPort(port.id);
    port.stop();
    if (bot.waitBatch(1e9).count !== 0 || !bot.ended) throw new Error('not stopped');
    return bot;
  },
  () => port.close(),
);
await close('after its port was closed', () => {
  const bot = withBook();
  port = new addon.NativePort(null, null);
  bot.bindPort(port.id);
  port.close();
  port.close();
  return bot;
});
await close('after its connector was killed', async () => {
  const connector = new ConnectorProcess({ args: [`${name}-dying`, 'sim', 'BTCUSDT'] });
  await connector.start();
  const bot = seen(open(`${name}-dying`), RecordKind.BookReady);
  bot.submitOrder(0, order(bot), { timeoutMs: 20_000 });
  process.kill(connector.pid, 'SIGKILL');
  while (bot.links()[0].connected) bot.waitBatch(50e6);
  return bot;
});
console.log(JSON.stringify(results));
