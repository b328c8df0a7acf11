// The least that waking a sleeper costs on this machine: one round.
import { peer } from './build.mjs';
import { resultOf } from './process.mjs';

/** Two threads, a futex, and a time in memory: no bot, no market. */
export async function bareWake({ rate, seconds }) {
  const result = await resultOf(peer('bench-bare-wake'), [String(rate), String(seconds)]);
  return { ...result, cpu: result.cpuNs / result.elapsedNs };
}
