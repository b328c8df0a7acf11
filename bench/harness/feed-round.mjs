// The publisher and bots written in Rust on it: one round.
import { peer } from './build.mjs';
import { newName } from './names.mjs';
import { start } from './process.mjs';

/** Quiet time before the first and after the last event, for what starts cost. */
const SETTLE_MS = 100;

/**
 * `wait` is a wait strategy of ours, or `upstream` for hftbacktest's own bot; `idleMs` how long a bot
 * waits for a further event, longer than their distance; the latency of the first `skip` events is
 * not counted, nor that of `warmUp` further ones before the others; with `yields` 1 the publisher gives its core
 * away while nothing is due. Every result holds what a bot saw, and
 * `isWhole`: every event came once, in order, and the book is what it must be.
 */
export async function feedRound({
  wait,
  rate,
  seconds,
  symbols = 1,
  bots = 1,
  burst = 1,
  yields = 0,
  warmUp = 0,
  sampleEvery = 1,
  skip = 0,
  idleMs = 500,
}) {
  const name = newName();
  const options = Object.entries({
    symbols,
    bots,
    burst,
    yields,
    warm_up: warmUp,
    settle_ms: SETTLE_MS,
  });
  const publisher = start(peer('bench-publisher'), [
    name,
    String(rate),
    String(seconds),
    ...options.map(([key, value]) => `${key}=${value}`),
  ]);
  const common = [name, idleMs, warmUp + rate * seconds, Math.max(skip, warmUp)].map(String);
  const launch = () =>
    wait === 'upstream'
      ? start(peer('bench-upstream-bot'), common)
      : start(peer('bench-own-bot'), [...common, wait, String(symbols), String(sampleEvery)]);
  const running = [];
  try {
    await publisher.next();
    for (let i = 0; i < bots; i++) running.push(launch());
    const published = await publisher.next();
    const results = await Promise.all(running.map((bot) => bot.next()));
    await Promise.all([publisher, ...running].map((program) => program.ended()));
    return {
      published,
      lateP99Ns: published.lateP99Ns,
      bots: results.map((bot) => ({
        ...bot,
        cpu: bot.cpuNs / Math.max(1, bot.elapsedNs),
        isWhole:
          bot.received === published.events &&
          bot.lost === 0 &&
          bot.misplaced === 0 &&
          bot.top.every((value, i) => value === published.top[i]),
      })),
    };
  } finally {
    publisher.kill();
    for (const bot of running) bot.kill();
  }
}

/** One bot: its result, with the publisher's figures. */
export async function oneBot(options) {
  const { published, lateP99Ns, bots } = await feedRound({ ...options, bots: 1 });
  return { ...bots[0], published: published.events, lateP99Ns };
}
