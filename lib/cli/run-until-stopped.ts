import { HftError } from '../models/hft-error.js';
import { onStopSignal } from '../strategy/on-stop-signal.js';

/** When a command ends, beside Ctrl+C and SIGTERM. */
export interface RunLimits {
  /** Ends so long after it was called; `undefined`: never. */
  readonly seconds: number | undefined;
  /** The error when it has not started by then. Default: `ERR_TIMEOUT`. */
  readonly notStarted?: (seconds: number) => Error;
  /** Ends once this is aborted. */
  readonly signal?: AbortSignal;
  /** Called once it has started. */
  readonly onStarted?: () => void;
}

function notStartedError(seconds: number): HftError {
  return new HftError('ERR_TIMEOUT', `it had not started after ${String(seconds)} s.`, {
    remedy: 'See the lines above for the cause, or raise --seconds.',
  });
}

/**
 * Starts something, and resolves when it is to end. A stop is heard while it still starts; what
 * becomes of the start is ignored then.
 *
 * @throws What `start` rejects with, the reason of `signal` when that is an error, and what `notStarted`
 * returns.
 */
export async function runUntilStopped(
  start: () => Promise<void>,
  { seconds, notStarted = notStartedError, signal, onStarted }: RunLimits,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<'over'>((resolve) => {
    // Without a limit it keeps the process alive, whatever else does.
    timer =
      seconds === undefined
        ? setInterval(() => undefined, 2 ** 30)
        : setTimeout(() => {
            resolve('over');
          }, seconds * 1000);
  });
  const stopped = new Promise<'stopped'>((resolve, reject) => {
    const aborted = (): void => {
      const reason: unknown = signal?.reason;
      if (HftError.is(reason)) reject(reason);
      else resolve('stopped');
    };
    onStopSignal(() => {
      resolve('stopped');
    });
    if (signal?.aborted === true) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
  });
  const starting = start();
  starting.catch(() => undefined);
  stopped.catch(() => undefined);
  try {
    const first = await Promise.race([starting, stopped, over]);
    if (first === 'stopped') return;
    if (first === 'over') throw notStarted(seconds ?? 0);
    onStarted?.();
    await Promise.race([stopped, over]);
  } finally {
    clearTimeout(timer);
  }
}
