import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys, type NamesOf } from '../models/known-keys.js';
import { BACKOFF_KEYS, DEFAULT_BACKOFF, type Backoff } from './backoff.js';
import type { FeedLogger } from './feed-logger.js';
import type { FeedLogLimits } from './feed-log.js';
import type { FeedStage } from './feed-stage.js';

/** Options of `HFTConnectorStream`; all have defaults except the symbols. */
export interface StreamOptions {
  /** Subscribed on every connect; more by `subscribe()`. */
  readonly symbols: readonly string[];
  /** Subscribe to trades. Default true. */
  readonly trades?: boolean;
  /** Subscribe to books. Default true. */
  readonly depth?: boolean;
  /** Longest wait in one `nextEvent`, and the pause where a connector cannot wait. Default 100. */
  readonly pollIntervalMs?: number;
  /** `poll` calls `nextEvent`, `iterate` reads the connector's async iterator. Default `poll`. */
  readonly mode?: 'poll' | 'iterate';
  /** Default the connector's own, else 0.5 → 1 → 2 → 4 → 8 s and at most 5 attempts. */
  readonly backoff?: Backoff;
  /** How long one attempt to connect and subscribe may take. Default 30 000. */
  readonly connectTimeoutMs?: number;
  /** After how long without any event a connected feed counts as stale; 0: never. Default 30 000. */
  readonly staleAfterMs?: number;
  /** Filters and transforms, in order, before anybody sees an event. */
  readonly stages?: readonly FeedStage[];
  /** Default: lines on standard error by `LOG_LEVEL`. `false`: none. */
  readonly logger?: FeedLogger | false;
  readonly logLimits?: FeedLogLimits;
}

/** The names of {@link StreamOptions}. */
export const STREAM_NAMES: NamesOf<StreamOptions> = {
  symbols: true,
  trades: true,
  depth: true,
  pollIntervalMs: true,
  mode: true,
  backoff: true,
  connectTimeoutMs: true,
  staleAfterMs: true,
  stages: true,
  logger: true,
  logLimits: true,
};
const KEYS = knownKeys(STREAM_NAMES);

/** Options with their defaults, checked. */
export type ResolvedStreamOptions = Required<Omit<StreamOptions, 'backoff' | 'logger'>> & {
  readonly backoff: Required<Backoff>;
};

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
export function resolveStreamOptions(
  options: StreamOptions,
  preferred: Backoff = {},
): ResolvedStreamOptions {
  checkKeys(options, KEYS, '');
  if (options.backoff !== undefined) checkKeys(options.backoff, BACKOFF_KEYS, 'backoff');
  const symbols = options.symbols.map((symbol) => {
    if (typeof symbol !== 'string' || symbol === '') invalid('symbols', symbol, 'is empty');
    return symbol;
  });
  const { mode = 'poll' } = options;
  if (!(['poll', 'iterate'] as unknown[]).includes(mode))
    invalid('mode', mode, 'must be poll or iterate');
  const backoff = { ...DEFAULT_BACKOFF, ...preferred, ...options.backoff };
  for (const name of ['baseMs', 'maxMs', 'stableAfterMs'] as const)
    atLeast(`backoff.${name}`, backoff[name], 0);
  if (backoff.maxAttempts !== Infinity && !Number.isInteger(backoff.maxAttempts))
    invalid('backoff.maxAttempts', backoff.maxAttempts, 'must be a whole number or Infinity');
  return {
    symbols: [...new Set(symbols)],
    trades: options.trades ?? true,
    depth: options.depth ?? true,
    pollIntervalMs: atLeast('pollIntervalMs', options.pollIntervalMs ?? 100, 1),
    mode,
    backoff,
    connectTimeoutMs: atLeast('connectTimeoutMs', options.connectTimeoutMs ?? 30_000, 1),
    staleAfterMs: atLeast('staleAfterMs', options.staleAfterMs ?? 30_000, 0),
    stages: options.stages ?? [],
    logLimits: options.logLimits ?? {},
  };
}

function atLeast(name: string, value: number, least: number): number {
  if (!(value >= least && value < 2 ** 31))
    invalid(name, value, `must be a number of ms from ${String(least)} on`);
  return value;
}
