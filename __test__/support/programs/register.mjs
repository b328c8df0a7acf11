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

/** A bot with a live book, or why there is none after 5 s. */
function bot() {
  const opened = create({ instruments: [instrument], backend: 'native' });
  const endNs = opened.monotonicNs() + 5e9;
  while (opened.depth(0).state !== 'live' && opened.monotonicNs() < endNs) opened.waitBatch(50e6);
  return opened;
}

function trade(of, orderId) {
  const { bestBid, state } = of.depth(0);
  if (state !== 'live') return state;
  const price = Number((bestBid - 100).toFixed(1));
  of.submitOrder(0, { orderId, side: 'buy', price, qty: 0.01 }, { timeoutMs: 2_000 });
  return of.order(0, orderId)?.status;
}

const files = () => readdirSync(`${ROOT}/services`).length;
const told = {};
const first = start();
const early = bot();
told.before = [trade(early, 1n), files()];
for (const folder of readdirSync(ROOT)) rmSync(`${ROOT}/${folder}`, { recursive: true });
rmSync(ROOT, { recursive: true });
told.late = trade(bot(), 2n);
early.waitBatch(400e6);
told.early = trade(early, 3n);
told.after = files();
// What it wrote is read only now: the waits of a bot hold this thread.
await sleep(300);
told.log = first.log.includes('was emptied');
// Its death must still show, so that the next of this name takes its place.
first.child.kill('SIGKILL');
await once(first.child, 'exit');
const second = start();
await sleep(300);
told.next = trade(bot(), 4n);
second.child.kill('SIGTERM');
await once(second.child, 'exit');
console.log(JSON.stringify(told));
process.exit(0);
