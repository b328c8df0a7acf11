import { setTimeout as sleep } from 'node:timers/promises';

/** @throws Error naming `what` when the condition does not hold within `timeoutMs`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) {
      const text = typeof what === 'string' ? what : what();
      throw new Error(`not within ${timeoutMs} ms: ${text}`);
    }
    await sleep(5);
  }
}
