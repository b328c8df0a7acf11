import { onStopSignal } from '../strategy/on-stop-signal.js';

/** When a command ends, beside Ctrl+C and SIGTERM. */
export interface RunLimits {
  /** Ends so long after it has started; `undefined`: never. */
  readonly seconds: number | undefined;
  /** The error when it has not started after `seconds`. Default: the start has no limit. */
  readonly notStarted?: (seconds: number) => Error;
  /** Ends once this is aborted. */
  readonly signal?: AbortSignal;
  /** Called once it has started. */
  readonly onStarted?: () => void;
}

/**
 * Starts something, and resolves when it is to end. A stop is heard while it still starts; what
 * becomes of the start is ignored then.
 *
 * @throws What `start` rejects with, and what `notStarted` returns.
 */
export async function runUntilStopped(
  start: () => Promise<void>,
  { seconds, notStarted, signal, onStarted }: RunLimits,
): Promise<void> {
  const stopped = new Promise<true>((resolve) => {
    const stop = (): void => {
      resolve(true);
    };
    onStopSignal(stop);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
  const starting = start();
  starting.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (seconds === undefined || notStarted === undefined) return;
    timer = setTimeout(() => {
      reject(notStarted(seconds));
    }, seconds * 1000);
  });
  try {
    if ((await Promise.race([starting, stopped, late])) === true) return;
  } finally {
    clearTimeout(timer);
  }
  onStarted?.();
  // Keeps the process alive, whatever else does.
  const elapsed = new Promise((resolve) => {
    timer =
      seconds === undefined
        ? setInterval(() => undefined, 2 ** 30)
        : setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([stopped, elapsed]);
  clearTimeout(timer);
}
