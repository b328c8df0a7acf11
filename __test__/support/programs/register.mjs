// A connector and bots while the register of iceoryx2 is emptied. In a namespace of its own: the
// register of this machine is everybody's. Argument: the connector program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { create, LiveInstrument } from '../../../dist/index.js';

const [program] = process.argv.slice(2);
const NAME = 't-register';
const ROOT = '/tmp/iceoryx2';
const instrument = new LiveInstrument('BTCUSDT').connector(NAME).tickSize(0.1).lotSize(0.001);

function start() {
  const child = spawn(program, [NAME, 'sim', 'BTCUSDT'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const started = { child, log: '' };
  // Also when this program ends by an error.
  process.once('exit', () => child.kill('SIGKILL'));
  child.stderr.setEncoding('utf8').on('data', (text) => (started.log += text));
  return started;
}

/** A bot with a live book, or without one after 20 s. */
function bot() {
  const opened = create({ instruments: [instrument], backend: 'native' });
  const endNs = opened.monotonicNs() + 20e9;
  while (opened.depth(0).state !== 'live' && opened.monotonicNs() < endNs) opened.waitBatch(50e6);
  return opened;
}

function trade(of, orderId) {
  const { bestBid, state } = of.depth(0);
  if (state !== 'live') return state;
  const price = Number((bestBid - 100).toFixed(1));
  of.submitOrder(0, { orderId, side: 'buy', price, qty: 0.01 }, { timeoutMs: 20_000 });
  return of.order(0, orderId)?.status;
}

const files = () => readdirSync(`${ROOT}/services`).length;
const result = {};
const first = start();
const early = bot();
result.before = [trade(early, 1n), files()];
for (const folder of readdirSync(ROOT)) rmSync(`${ROOT}/${folder}`, { recursive: true });
rmSync(ROOT, { recursive: true });
result.late = trade(bot(), 2n);
early.waitBatch(400e6);
result.early = trade(early, 3n);
result.after = files();
// What it wrote is read only now: the waits of a bot hold this thread.
const endMs = performance.now() + 10_000;
while (!first.log.includes('was emptied') && performance.now() < endMs) await sleep(20);
result.log = first.log.includes('was emptied');
// Its death must still show, so that the next of this name takes its place.
first.child.kill('SIGKILL');
await once(first.child, 'exit');
const second = start();
await sleep(300);
result.next = trade(bot(), 4n);
second.child.kill('SIGTERM');
await once(second.child, 'exit');
console.log(JSON.stringify(result));
process.exit(0);
