import { onStopSignal } from './stop-signal.js';

/** Resolves at Ctrl+C, SIGTERM, or after so many seconds. */
export function untilStopped(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds === undefined ? 2 ** 31 - 1 : seconds * 1000);
    onStopSignal(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
