// The bots that ours are compared with, each a process of its own.
import path from 'node:path';
import process from 'node:process';
import { peer } from '../harness/build.mjs';
import { start } from '../harness/process.mjs';

function running(program, args) {
  const bot = start(program, args, { stdin: 'pipe' });
  let stopping;
  const stop = async () => {
    bot.stop();
    await bot.ended();
  };
  return { ready: bot.next(), stop: () => (stopping ??= stop()) };
}

/** One Node process: `ws`, `JSON.parse`, books in Maps. */
export async function jsonBot(at) {
  const program = path.join(import.meta.dirname, 'json-bot.mjs');
  return running(process.execPath, [program, JSON.stringify(at)]);
}

/** One thread in Rust without a book: `blocking` in `read`, or `spin`. */
export const floor = (mode) => async (at) =>
  running(peer('bench-floor-bot'), [mode, JSON.stringify(at)]);
