/** Warnings of one server come at most this often. */
const INTERVAL_MS = 60_000;

/** Reports of what failed in a server and ended nothing: by `process.emitWarning`, once a minute. */
export class ServerWarning {
  #toldMs = -Infinity;
  #untold = 0;

  /** Reports it, or counts it until the next one that is reported. */
  tell(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < INTERVAL_MS) {
      this.#untold += 1;
      return;
    }
    const more =
      this.#untold === 0 ? '' : ` (and ${String(this.#untold)} more since the last word)`;
    this.#toldMs = nowMs;
    this.#untold = 0;
    const what = error instanceof Error ? error.message : String(error);
    process.emitWarning(`the live page's server: ${what}${more}`, {
      code: 'HFTBACKTEST_LIVE_SERVER',
    });
  }
}
