// The least that waking a sleeper costs on this machine: one round.
import { peer } from './build.mjs';
import { start } from './process.mjs';

/** Two threads, a futex, and a time in memory: no bot, no market. */
export async function bareWake({ rate, seconds }) {
  const program = start(peer('bench-bare-wake'), [String(rate), String(seconds)]);
  try {
    const result = await program.next();
    await program.ended();
    return { ...result, cpu: result.cpuNs / result.elapsedNs };
  } finally {
    program.kill();
  }
}
