import { HftError } from '../models/hft-error.js';
import type { NativePort } from '../native/addon.js';

/** The main thread's hold on a run. */
export class RunControl {
  readonly port: NativePort | null;
  private readonly word: Int32Array;
  readonly stopping: Promise<void>;
  private resolveStopping: () => void = () => undefined;

  constructor(port: NativePort | null, word: Int32Array) {
    this.port = port;
    this.word = word;
    this.stopping = new Promise((resolve) => {
      this.resolveStopping = resolve;
    });
  }

  stop(): void {
    if (Atomics.exchange(this.word, 0, 1) !== 0) return;
    Atomics.notify(this.word, 0);
    this.port?.stop();
    this.resolveStopping();
  }

  /** Rejects when the strategy has not ended `timeoutMs` after a stop; `signal` ends the wait. */
  async overdue(timeoutMs: number, finished: AbortSignal): Promise<never> {
    await this.stopping;
    if (finished.aborted) return new Promise(() => undefined);
    return new Promise((_resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new HftError(
            'ERR_TIMEOUT',
            `The strategy did not end within ${String(timeoutMs)} ms; its thread was ended by force.`,
            {
              remedy: 'A handler must return: look for endless loops.',
            },
          ),
        );
      }, timeoutMs);
      finished.addEventListener('abort', () => {
        clearTimeout(timer);
      });
    });
  }
}
