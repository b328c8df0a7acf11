import { checkKeys, knownKeys } from '../models/known-keys.js';

/** Limit of the orders that a client sends, and of its changes of orders. */
export interface RateLimit {
  /** Sustained rate. */
  readonly perSecond: number;
  /** How many may go at once after a pause; `perSecond` when not given. */
  readonly burst?: number;
}

/** The names of {@link RateLimit}. */
export const RATE_LIMIT_KEYS = knownKeys<RateLimit>({ perSecond: true, burst: true });

/** A token bucket over a monotonic clock given from outside. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #atMs: number;

  /**
   * @throws RangeError when a limit is not a positive finite number; HftError `ERR_INVALID_ARGUMENT`
   * for an unknown name.
   */
  constructor(limit: RateLimit, nowMs: () => number = () => performance.now()) {
    checkKeys(limit, RATE_LIMIT_KEYS, 'limit');
    const burst = limit.burst ?? Math.max(1, limit.perSecond);
    if (!(limit.perSecond > 0) || !Number.isFinite(limit.perSecond)) {
      throw new RangeError(`perSecond must be a positive number, got ${String(limit.perSecond)}`);
    }
    if (!(burst >= 1) || !Number.isFinite(burst)) {
      throw new RangeError(`burst must be a number of at least 1, got ${String(burst)}`);
    }
    this.#perMs = limit.perSecond / 1000;
    this.#burst = burst;
    this.#nowMs = nowMs;
    this.#tokens = burst;
    this.#atMs = nowMs();
  }

  /** Takes one token; false when there is none. */
  tryTake(): boolean {
    const now = this.#nowMs();
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + Math.max(0, now - this.#atMs) * this.#perMs,
    );
    this.#atMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
