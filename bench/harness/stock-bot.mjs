// hftbacktest's own bot on the publisher: one round.
import { peer } from './build.mjs';
import { newName } from './names.mjs';
import { start } from './process.mjs';

/** `idleMs`: how long the bot waits for a further event, longer than their distance. */
export async function stockBot({ rate, seconds, idleMs = 500 }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(rate), String(seconds)]);
  let bot;
  try {
    await publisher.next();
    bot = start(peer('bench-stock-bot'), [name, String(idleMs)]);
    const published = await publisher.next();
    await publisher.ended();
    const result = await bot.next();
    await bot.ended();
    return {
      ...result,
      published: published.events,
      cpu: result.cpuNs / result.elapsedNs,
      lateP99Ns: published.lateP99Ns,
    };
  } finally {
    publisher.kill();
    bot?.kill();
  }
}
