import { errorText } from '../models/error-text.js';

/** Warnings of one server come at most this often. */
const INTERVAL_MS = 60_000;

/** Reports of what failed in a server and ended nothing: by `process.emitWarning`, once a minute. */
export class ServerWarning {
  #reportedMs = -Infinity;
  #unreported = 0;

  /** Reports it, or counts it until the next one that is reported. */
  report(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#reportedMs < INTERVAL_MS) {
      this.#unreported += 1;
      return;
    }
    const more =
      this.#unreported === 0 ? '' : ` (and ${String(this.#unreported)} more since the last word)`;
    this.#reportedMs = nowMs;
    this.#unreported = 0;
    const what = errorText(error);
    process.emitWarning(`the live page's server: ${what}${more}`, {
      code: 'HFTBACKTEST_LIVE_SERVER',
    });
  }
}
