import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedLogger } from './feed-logger.js';
import { LineBudget } from './line-budget.js';

/** How many lines per second a connector may write. */
export interface FeedLogLimits {
  /** `connector_trade` lines, default 1. */
  readonly tradeLinesPerSecond?: number;
  /** `connector_depth` lines, default 1. */
  readonly depthLinesPerSecond?: number;
  /** `connector_error` lines, default 10. */
  readonly errorLinesPerSecond?: number;
}

const LIMIT_KEYS = knownKeys<FeedLogLimits>({
  tradeLinesPerSecond: true,
  depthLinesPerSecond: true,
  errorLinesPerSecond: true,
});

/** The lines of one connector, by the event names of the log. */
export class FeedLog {
  readonly #logger: FeedLogger;
  readonly #source: string;
  readonly #trades: LineBudget;
  readonly #depth: LineBudget;
  readonly #errors: LineBudget;

  constructor(logger: FeedLogger, source: string, limits: FeedLogLimits = {}) {
    checkKeys(limits, LIMIT_KEYS, 'logLimits');
    this.#logger = logger;
    this.#source = source;
    this.#trades = new LineBudget(limits.tradeLinesPerSecond ?? 1);
    this.#depth = new LineBudget(limits.depthLinesPerSecond ?? 1);
    this.#errors = new LineBudget(limits.errorLinesPerSecond ?? 10);
  }

  /** One line per event at most, by the budget of its kind. */
  event(event: FeedEvent, nowMs: number): void {
    const isTrade = event.type === 'trade';
    const budget = isTrade ? this.#trades : this.#depth;
    if (!budget.take(nowMs) || !this.#logger.isLevelEnabled('info')) return;
    this.#logger.info({
      event: isTrade ? 'connector_trade' : 'connector_depth',
      source: this.#source,
      symbol: event.symbol,
      ...(isTrade
        ? { price: event.price, qty: event.qty, side: event.side }
        : { bids: event.bids.length, asks: event.asks.length }),
      lag_ms: event.receivedMs - event.timestampMs,
      ...suppressed(budget),
    });
  }

  connected(fields: Readonly<Record<string, unknown>>): void {
    this.#logger.info({ event: 'connector_connected', source: this.#source, ...fields });
  }

  disconnected(reason: string): void {
    this.#logger.warn({ event: 'connector_disconnected', source: this.#source, reason });
  }

  connectionError(error: Error, attempt: number, retryInMs: number | null): void {
    this.#logger.error({
      event: 'connector_connection_error',
      source: this.#source,
      ...describe(error),
      attempt,
      retry_in_ms: retryInMs,
    });
  }

  /** @param origin - `event`, `consumer` or `connector`. */
  error(error: Error, origin: string, nowMs: number): void {
    if (!this.#errors.take(nowMs)) return;
    this.#logger.error({
      event: 'connector_error',
      source: this.#source,
      origin,
      ...describe(error),
      ...suppressed(this.#errors),
    });
  }

  /** Anything else worth a line. */
  note(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#logger.info({ event, source: this.#source, ...fields });
  }
}

function describe(error: Error): Readonly<Record<string, unknown>> {
  const code: unknown = 'code' in error ? error.code : undefined;
  return { ...(typeof code === 'string' ? { code } : {}), error: error.message };
}

function suppressed(budget: LineBudget): { suppressed?: number } {
  const count = budget.takeSuppressed();
  return count > 0 ? { suppressed: count } : {};
}
