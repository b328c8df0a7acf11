import { onStopSignal } from '../strategy/on-stop-signal.js';

/** When a command ends, beside Ctrl+C and SIGTERM. */
export interface RunLimits {
  /** Ends so long after it has started; `undefined`: never. */
  readonly seconds: number | undefined;
  /** Ends once this is aborted. */
  readonly signal?: AbortSignal;
  /** Called once it has started. */
  readonly onStarted?: () => void;
}

/**
 * Starts something, and resolves when it is to end. A stop is heard while it still starts; what
 * becomes of the start is ignored then.
 *
 * @throws What `start` rejects with.
 */
export async function runUntilStopped(
  start: () => Promise<void>,
  { seconds, signal, onStarted }: RunLimits,
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
  if ((await Promise.race([starting, stopped])) === true) return;
  onStarted?.();
  // Keeps the process alive, whatever else does.
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise((resolve) => {
    timer =
      seconds === undefined
        ? setInterval(() => undefined, 2 ** 30)
        : setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([stopped, elapsed]);
  clearTimeout(timer);
}
