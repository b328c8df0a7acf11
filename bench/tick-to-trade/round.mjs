// A round of one bot: a venue of its own, which measures.
import { setTimeout as delay } from 'node:timers/promises';
import { peer } from '../harness/build.mjs';
import { start } from '../harness/process.mjs';

/** Until both ends have logged in and read what they read at the start. */
const SETTLE_MS = 500;

/** `bot` is given the venue's ready line and returns `{ ready, stop }`; `tls`: over wss. */
export async function round({ rate, seconds, every, tls = false }, bot) {
  const args = [rate, seconds, every, ...(tls ? ['tls'] : [])].map(String);
  const venue = start(peer('bench-bybit-venue'), args, { stdin: 'pipe' });
  let running;
  try {
    const at = await venue.next();
    running = await bot(at);
    await running.ready;
    await delay(SETTLE_MS);
    venue.say('go');
    const result = await venue.next();
    await running.stop();
    venue.stop();
    await venue.ended();
    return result;
  } finally {
    await running?.stop();
    venue.kill();
  }
}
