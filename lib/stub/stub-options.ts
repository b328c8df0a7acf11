import { invalid } from '../models/invalid.js';
import { withoutUndefined } from '../models/without-undefined.js';
import { knownKeys, type NamesOf } from '../models/known-keys.js';
import type { StubData } from './stub-data.js';
import { STUB_LIMITS, type StubLimits } from './stub-limits.js';

/** How the stub makes its data. Everything is optional. */
export interface StubOptions {
  /** Same seed, same data. Default 1. */
  readonly seed?: number;
  /**
   * Price at the start, for all instruments or by symbol. Default: the middle of the
   * instrument's range of interest, or 50 000.
   */
  readonly basePrice?: number | Readonly<Record<string, number>>;
  /** Deviation of the mid price per step, relative. Default 0.00001. */
  readonly volatility?: number;
  /** Chance of a trade per step. Default 0.7. */
  readonly tradeProbability?: number;
  /** Chance of a depth update per step. Default 0.8. */
  readonly depthProbability?: number;
  /** Smallest and largest spread in ticks. Default [1, 5]. */
  readonly spreadTicks?: readonly [min: number, max: number];
  /** Levels of each side of the book. Default 10. */
  readonly levels?: number;
  /** Chance that a resting limit order is filled. Default 0.3. */
  readonly fillProbability?: number;
  /**
   * Chance that an order that takes is filled, as far as the book goes; otherwise it expires, or
   * rests when it can. Default 1.
   */
  readonly marketFillProbability?: number;
  /** Chance that a fill comes in two parts. Default 0. */
  readonly partialFillProbability?: number;
  /** Mean time a resting order waits for its fill, ns. Default 5 ms. */
  readonly fillDelayNs?: number;
  /** Money of the account of each connector at the start. Default 1 000 000. */
  readonly initialBalance?: number;
  /** What an order must be to be taken, each with a default: those of the connector's `sim`. */
  readonly limits?: Partial<StubLimits>;
  /** Name of that currency in balances. Default `USDT`. */
  readonly coin?: string;
  /** Exchange to bot, ns, plus or minus a fifth. Default 100 µs. */
  readonly feedLatencyNs?: number;
  /** Request to response, ns, plus or minus a fifth. Default 1 ms. */
  readonly orderLatencyNs?: number;
  /** Time between two steps, ns. Default 10 ms. */
  readonly stepIntervalNs?: number;
  /** Steps until the data ends, each of them for every instrument. Default 1000; may be Infinity. */
  readonly maxFeeds?: number;
  /**
   * `realtime`: time goes by and waits block. `asap`: virtual time that jumps from event to
   * event. Default `realtime`.
   */
  readonly pace?: 'realtime' | 'asap';
  /** Unix ns of the start. Default now (`realtime`) or 1 700 000 000 s (`asap`). */
  readonly startTsNs?: bigint;
  /** Feeds to play instead of making them. Orders are still filled by chance. */
  readonly replay?: StubData;
  /** Keep every feed for `recording()`. Default false. */
  readonly record?: boolean;
}

/** The names of {@link StubOptions}. */
export const STUB_NAMES: NamesOf<StubOptions> = {
  seed: true,
  basePrice: true,
  volatility: true,
  tradeProbability: true,
  depthProbability: true,
  spreadTicks: true,
  levels: true,
  fillProbability: true,
  marketFillProbability: true,
  partialFillProbability: true,
  fillDelayNs: true,
  initialBalance: true,
  limits: true,
  coin: true,
  feedLatencyNs: true,
  orderLatencyNs: true,
  stepIntervalNs: true,
  maxFeeds: true,
  pace: true,
  startTsNs: true,
  replay: true,
  record: true,
};
export const STUB_KEYS = knownKeys(STUB_NAMES);

export type ResolvedStubOptions = Required<
  Omit<StubOptions, 'replay' | 'basePrice' | 'startTsNs' | 'limits'>
> & { readonly limits: StubLimits } & Pick<StubOptions, 'replay' | 'basePrice' | 'startTsNs'>;

const DEFAULTS = {
  seed: 1,
  volatility: 0.00001,
  tradeProbability: 0.7,
  depthProbability: 0.8,
  spreadTicks: [1, 5] as const,
  levels: 10,
  fillProbability: 0.3,
  marketFillProbability: 1,
  partialFillProbability: 0,
  fillDelayNs: 5_000_000,
  initialBalance: 1_000_000,
  coin: 'USDT',
  feedLatencyNs: 100_000,
  orderLatencyNs: 1_000_000,
  stepIntervalNs: 10_000_000,
  maxFeeds: 1000,
  pace: 'realtime' as const,
  record: false,
};

/**
 * Options with the defaults filled in.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong value.
 */
export function resolveStubOptions(options: StubOptions): ResolvedStubOptions {
  const limits = { ...STUB_LIMITS, ...withoutUndefined(options.limits ?? {}) };
  const all: ResolvedStubOptions = { ...DEFAULTS, ...withoutUndefined(options), limits };
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value >= 0) || !(name in STUB_LIMITS))
      invalid(`stub.limits.${name}`, value, 'must be a number from 0 on');
  }
  for (const name of [
    'tradeProbability',
    'depthProbability',
    'fillProbability',
    'marketFillProbability',
    'partialFillProbability',
  ] as const) {
    if (!(all[name] >= 0 && all[name] <= 1))
      invalid(`stub.${name}`, all[name], 'must be from 0 to 1');
  }
  for (const name of ['fillDelayNs', 'feedLatencyNs', 'orderLatencyNs'] as const) {
    if (!(all[name] >= 0 && all[name] <= 1e12))
      invalid(`stub.${name}`, all[name], 'must be ns from 0 to 1e12');
  }
  if (!(all.stepIntervalNs >= 1 && all.stepIntervalNs <= 1e12)) {
    invalid('stub.stepIntervalNs', all.stepIntervalNs, 'must be ns from 1 to 1e12');
  }
  if (!Number.isFinite(all.initialBalance))
    invalid('stub.initialBalance', all.initialBalance, 'must be a finite number');
  if (typeof all.coin !== 'string' || all.coin === '')
    invalid('stub.coin', all.coin, 'must be the name of a coin');
  if (!Number.isSafeInteger(all.seed))
    invalid('stub.seed', all.seed, 'must be a safe whole number');
  if (!(all.volatility >= 0 && all.volatility <= 1)) {
    invalid('stub.volatility', all.volatility, 'must be from 0 to 1');
  }
  const [min, max] = all.spreadTicks;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max < min) {
    invalid(
      'stub.spreadTicks',
      `${String(min)}, ${String(max)}`,
      'must be two whole numbers, 1 <= min <= max',
    );
  }
  if (!Number.isInteger(all.levels) || all.levels < 1 || all.levels > 1000) {
    invalid('stub.levels', all.levels, 'must be a whole number from 1 to 1000');
  }
  if (all.maxFeeds !== Infinity && (!Number.isSafeInteger(all.maxFeeds) || all.maxFeeds < 0)) {
    invalid('stub.maxFeeds', all.maxFeeds, 'must be a whole number from 0 on, or Infinity');
  }
  if (!(['realtime', 'asap'] as unknown[]).includes(all.pace)) {
    invalid('stub.pace', all.pace, 'must be realtime or asap');
  }
  return all;
}
