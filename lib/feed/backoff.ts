import { knownKeys } from '../models/known-keys.js';

/** Pauses between attempts to connect. */
export interface Backoff {
  /** Pause before the first attempt, doubled each time. Default 500. */
  readonly baseMs?: number;
  /** Longest pause. Default 8 000. */
  readonly maxMs?: number;
  /** Attempts in a row before giving up; `Infinity` never does. Default 5. */
  readonly maxAttempts?: number;
  /** A connection that held this long resets the count. Default 5 000. */
  readonly stableAfterMs?: number;
}

/** The names of {@link Backoff}. */
export const BACKOFF_KEYS = knownKeys<Backoff>({
  baseMs: true,
  maxMs: true,
  maxAttempts: true,
  stableAfterMs: true,
});

/** Defaults of {@link Backoff}: 0.5 → 1 → 2 → 4 → 8 s, at most 5 attempts. */
export const DEFAULT_BACKOFF: Required<Backoff> = Object.freeze({
  baseMs: 500,
  maxMs: 8_000,
  maxAttempts: 5,
  stableAfterMs: 5_000,
});

/** Pause before an attempt, ms. @param attempt - From 1 on. */
export function backoffDelayMs(backoff: Required<Backoff>, attempt: number): number {
  return Math.min(backoff.maxMs, backoff.baseMs * 2 ** (attempt - 1));
}
