import { fork } from 'node:child_process';
import { once } from 'node:events';

import type { Reported } from './story.js';

const PROGRAM = new URL('../support/programs/order-looker.mjs', import.meta.url);
/** What a program reports that is no life of the bot. */
const NO_RUN = -1;
const MOST_MS = 15_000;

/** A read-only program comes, looks for a moment and goes, in a process of its own. */
export async function lookOn(
  options: { readonly connector: string; readonly symbol: object },
  reported: Reported[],
): Promise<void> {
  const child = fork(PROGRAM, { serialization: 'advanced', execArgv: [], stdio: 'ignore' });
  child.on('error', () => undefined);
  child.on('message', (message) => reported.push({ ...(message as Reported), run: NO_RUN }));
  const timer = setTimeout(() => child.kill('SIGKILL'), MOST_MS);
  const closed = once(child, 'close');
  child.send({ do: 'open', ...options });
  await closed;
  clearTimeout(timer);
}
