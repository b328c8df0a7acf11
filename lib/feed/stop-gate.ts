/**
 * Waits that a stop ends. A plain `Promise.race` against one long-lived promise would keep a
 * reaction per wait for as long as that promise lives.
 */
export class StopGate {
  #stopped = false;
  readonly #waiting = new Set<() => void>();

  isStopped(): boolean {
    return this.#stopped;
  }

  /** Ends every wait, now and later. */
  stop(): void {
    this.#stopped = true;
    for (const end of this.#waiting) end();
    this.#waiting.clear();
  }

  /** What the promise gives; `undefined` once stopped. Rejects as the promise does. */
  race<T>(promise: PromiseLike<T>): Promise<T | undefined> {
    if (this.#stopped) {
      // No caller waits for it any more: its failure is not reported.
      promise.then(undefined, () => undefined);
      return Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        resolve(undefined);
      };
      this.#waiting.add(end);
      promise.then(
        (value) => {
          this.#waiting.delete(end);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(end);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it came
          reject(error);
        },
      );
    });
  }

  /** A pause; ends early, without an error, when stopped. */
  async pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#waiting.add(end);
    });
  }
}
