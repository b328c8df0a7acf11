import type { ConfigValue, OwnedConnectorOptions } from '../connector/owned-connector-options.js';
import type { InstrumentInput } from '../models/bot-options.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';

/** A venue for {@link testStrategy}: made by {@link sim} or {@link replay}. */
export interface TestVenue {
  readonly instruments: readonly InstrumentInput[];
  readonly connector: OwnedConnectorOptions;
}

/** An instrument of {@link sim}. */
export interface SimInstrument {
  readonly symbol: string;
  /** Default 0.1. */
  readonly tickSize?: number;
  /** Default 0.001. */
  readonly lotSize?: number;
  /** Price at the start. Default 50 000. */
  readonly price?: number;
  /** Changes of levels, those of trades included, per virtual second. Default 10. */
  readonly levelsPerSecond?: number;
  /** Trades per virtual second. Default 1. */
  readonly tradesPerSecond?: number;
  /** Standard deviation of the price after one second, as a fraction of it. Default 0.00002. */
  readonly volatility?: number;
  /** Further keys of its table in the config file of `sim`, see `docs/guide/sim.md`. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
}

/** Options of {@link sim}. */
export interface SimOptions {
  /** Everything random comes from it. Default 1. */
  readonly seed?: number;
  /** Default: BTCUSDT with the defaults of {@link SimInstrument}. */
  readonly instruments?: readonly SimInstrument[];
  /** How long requests, answers and market data travel, virtual ms. Default 0. */
  readonly latencyMs?: SimLatency;
  /** Further keys of the config file of `sim`, see `docs/guide/sim.md`. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
}

/** How long messages travel, virtual ms; 0 by default. */
export interface SimLatency {
  /** Requests. */
  readonly entry?: number;
  /** Answers. */
  readonly response?: number;
  /** Market data. */
  readonly feed?: number;
}

const SIM_KEYS = knownKeys<SimOptions>({
  seed: true,
  instruments: true,
  latencyMs: true,
  config: true,
});
const INSTRUMENT_KEYS = knownKeys<SimInstrument>({
  symbol: true,
  tickSize: true,
  lotSize: true,
  price: true,
  levelsPerSecond: true,
  tradesPerSecond: true,
  volatility: true,
  config: true,
});
const LATENCY_KEYS = knownKeys<SimLatency>({ entry: true, response: true, feed: true });

/**
 * The simulated exchange: a price-time order book with a seeded flow of other people's orders, quiet enough for
 * thousands of virtual seconds in one of the test's.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function sim(options: SimOptions = {}): TestVenue {
  checkKeys(options, SIM_KEYS, 'sim');
  const { seed = 1, instruments = [{ symbol: 'BTCUSDT' }], latencyMs = {}, config } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) invalid('seed', seed, 'must be a whole number');
  checkKeys(latencyMs, LATENCY_KEYS, 'latencyMs');
  const { entry = 0, response = 0, feed = 0 } = latencyMs;
  return {
    instruments: instruments.map(instrumentOf),
    connector: {
      kind: 'sim',
      direct: true,
      config: {
        seed,
        latency: {
          entry_ns: toNs(entry, 'latencyMs.entry'),
          response_ns: toNs(response, 'latencyMs.response'),
          feed_ns: toNs(feed, 'latencyMs.feed'),
        },
        ...config,
        symbols: instruments.map(tableOf),
      },
    },
  };
}

function instrumentOf(instrument: SimInstrument): InstrumentInput {
  checkKeys(instrument, INSTRUMENT_KEYS, 'sim.instruments');
  const { symbol, tickSize = 0.1, lotSize = 0.001 } = instrument;
  return { symbol, connector: 'sim', tickSize, lotSize, lastTradesCapacity: 100 };
}

/** The rates are decimals in the config file, whatever they are here. */
function tableOf(instrument: SimInstrument): Readonly<Record<string, ConfigValue>> {
  const { symbol, tickSize = 0.1, lotSize = 0.001, price = 50_000 } = instrument;
  const { levelsPerSecond = 10, tradesPerSecond = 1, volatility = 0.000_02, config } = instrument;
  return {
    symbol,
    tick_size: tickSize,
    lot_size: lotSize,
    price,
    levels_per_second: levelsPerSecond,
    trades_per_second: tradesPerSecond,
    volatility,
    ...config,
  };
}

function toNs(ms: number, name: string): number {
  if (!(typeof ms === 'number' && ms >= 0 && ms <= 3_600_000))
    invalid(name, ms, 'must be ms from 0 to an hour');
  return Math.round(ms * 1e6);
}

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** Recordings, as `hftbacktest-live record` or hftbacktest's collector writes them. */
  readonly files: readonly string[];
  /** What is traded, on the connector `replay`. */
  readonly instruments: readonly InstrumentInput[];
  /** Further keys of the config file of `replay`, see `docs/guide/replay.md`. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
}

const REPLAY_KEYS = knownKeys<ReplayOptions>({ files: true, instruments: true, config: true });

/**
 * Recordings, played with the distances that they were recorded with. A test ends with them.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function replay(options: ReplayOptions): TestVenue {
  checkKeys(options, REPLAY_KEYS, 'replay');
  const { files, instruments, config } = options;
  return {
    instruments,
    connector: {
      kind: 'replay',
      direct: true,
      files,
      args: ['--exit-at-end'],
      ...(config === undefined ? {} : { config }),
    },
  };
}
