import { asError } from '../models/as-error.js';
import { HftError } from '../models/hft-error.js';
import { whatHappened } from '../models/what-happened.js';
import { backoffDelayMs } from './backoff.js';
import type { StopGate } from './stop-gate.js';
import type { ResolvedStreamOptions } from './stream-options.js';

/** What a stream does for its retries. */
export interface RetryHooks {
  /** One attempt: connects and subscribes. */
  connect(): Promise<void>;
  /** Ends an attempt that took too long, so that it does not meet the next one. */
  abandon(): void;
  /** An attempt failed. `delayMs`: the pause before the next one, `null` when it was the last. */
  onFailed(error: Error, attempt: number, delayMs: number | null): void;
  /** A pause begins. */
  onPause(attempt: number, delayMs: number): void;
}

/**
 * What a first connect fails with that no retry mends: a part of the package is not installed, or the connector
 * refuses the symbol or its sizes.
 */
const FINAL: ReadonlySet<string> = new Set([
  'ERR_CONNECTOR_NOT_FOUND',
  'ERR_NATIVE_UNAVAILABLE',
  'ERR_INSTRUMENT_NOT_FOUND',
  'ERR_INVALID_ARGUMENT',
]);

/** Connects, and tries again by the backoff. */
export class ConnectRetries {
  readonly #name: string;
  readonly #options: Pick<ResolvedStreamOptions, 'backoff' | 'connectTimeoutMs'>;
  readonly #hooks: RetryHooks;
  /** Retries in a row; the stream sets it to 0 once a connection has held. */
  attempts = 0;

  constructor(
    name: string,
    options: Pick<ResolvedStreamOptions, 'backoff' | 'connectTimeoutMs'>,
    hooks: RetryHooks,
  ) {
    this.#name = name;
    this.#options = options;
    this.#hooks = hooks;
  }

  /**
   * Connects; returns without a connection once the gate is shut.
   *
   * @param lossReason - Why the connection before was lost: a pause comes first then.
   * @throws HftError `ERR_CONNECTOR_DOWN` after the last attempt; at once what no retry mends of a first
   * connect: `ERR_CONNECTOR_NOT_FOUND`, `ERR_NATIVE_UNAVAILABLE`, `ERR_INSTRUMENT_NOT_FOUND`,
   * `ERR_INVALID_ARGUMENT`.
   */
  async connect(gate: StopGate, lossReason: string | undefined): Promise<void> {
    const { backoff } = this.#options;
    if (lossReason !== undefined) {
      if (this.attempts >= backoff.maxAttempts) throw this.#exhausted(lossReason, undefined);
      await this.#pause(gate);
    }
    for (;;) {
      if (gate.isStopped()) return;
      try {
        await this.#connectOnce(gate);
        return;
      } catch (error) {
        if (gate.isStopped()) return;
        const failure = asError(error);
        const isFinal = HftError.is(failure) && FINAL.has(failure.code);
        if (isFinal && lossReason === undefined) {
          this.#hooks.onFailed(failure, this.attempts, null);
          throw failure;
        }
        const isLast = this.attempts >= backoff.maxAttempts;
        const delayMs = isLast ? null : backoffDelayMs(backoff, this.attempts + 1);
        this.#hooks.onFailed(failure, this.attempts, delayMs);
        if (isLast) throw this.#exhausted(whatHappened(failure), failure);
        await this.#pause(gate);
      }
    }
  }

  async #pause(gate: StopGate): Promise<void> {
    this.attempts += 1;
    const delayMs = backoffDelayMs(this.#options.backoff, this.attempts);
    this.#hooks.onPause(this.attempts, delayMs);
    await gate.pause(delayMs);
  }

  async #connectOnce(gate: StopGate): Promise<void> {
    const { connectTimeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new HftError('ERR_TIMEOUT', `${this.#name} did not connect in ${connectTimeoutMs} ms.`, {
            remedy: 'See whether the venue or the connector runs, or raise connectTimeoutMs.',
          }),
        );
      }, connectTimeoutMs);
    });
    try {
      await gate.race(Promise.race([this.#hooks.connect(), timeout]));
    } catch (error) {
      if (HftError.is(error, 'ERR_TIMEOUT')) this.#hooks.abandon();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #exhausted(why: string, cause: Error | undefined): HftError {
    const remedy = HftError.is(cause) ? cause.remedy : '';
    return new HftError(
      'ERR_CONNECTOR_DOWN',
      `${this.#name} could not be connected; gave up after ${String(this.attempts)} retries: ${why}`,
      {
        remedy:
          remedy === ''
            ? 'See whether the venue or the connector runs, then start() again.'
            : `${remedy} Then call start() again.`,
        cause,
      },
    );
  }
}
