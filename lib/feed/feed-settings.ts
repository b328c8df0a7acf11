import { z } from 'zod';

import { flagWord } from '../models/flag-word.js';
import { HftError } from '../models/hft-error.js';
import { withoutUndefined } from '../models/without-undefined.js';
import { checkKeys, knownKeys, type NamesOf } from '../models/known-keys.js';
import { levelOf, type FeedLogLevel } from './feed-logger.js';

/** Data sources that need no registration. */
export const BUILT_IN_SOURCES = ['binance_ws', 'hft_connector', 'bybit_connector'] as const;

/** How a feed is to be made. No secrets stand in it: it may be logged. */
export interface FeedSettings {
  /** `DATA_SOURCE`, default `binance_ws`. */
  readonly dataSource: string;
  /** `CONNECTOR_NAME`: the connector process that `hft_connector` reads. Default `bybit`. */
  readonly connectorName: string;
  /** `CONNECTOR_POLL_INTERVAL_MS`, default 100. */
  readonly pollIntervalMs: number;
  /** `CONNECTOR_PAPER_TRADING`, default true. */
  readonly paperTrading: boolean;
  /** `SYMBOL`: one symbol, or several with commas. Default `BTCUSDT`. */
  readonly symbols: readonly string[];
  /** `LOG_LEVEL`, default `info`. */
  readonly logLevel: FeedLogLevel;
  /** `CONNECTOR_TICK_SIZE`: price step of the symbols, for `hft_connector`. Default 0.1. */
  readonly tickSize: number;
  /** `CONNECTOR_LOT_SIZE`: quantity step of the symbols, for `hft_connector`. Default 0.001. */
  readonly lotSize: number;
  /** `BINANCE_MARKET`, default `spot`. */
  readonly binanceMarket: 'spot' | 'usdm';
  /** `BINANCE_DEPTH_URL`; Binance's own when absent. */
  readonly binanceDepthUrl: string | undefined;
  /** `BINANCE_TRADES_URL`; Binance's own when absent. */
  readonly binanceTradesUrl: string | undefined;
  /** `BINANCE_REST_URL`; Binance's own when absent. */
  readonly binanceRestUrl: string | undefined;
}

/** Settings by option; what is not given comes from the environment, then from the default. */
export type FeedSettingsOptions = {
  readonly [Name in keyof FeedSettings]?: FeedSettings[Name] | undefined;
};

/** The names of {@link FeedSettings}. */
export const SETTING_NAMES: NamesOf<FeedSettingsOptions> = {
  dataSource: true,
  connectorName: true,
  pollIntervalMs: true,
  paperTrading: true,
  symbols: true,
  logLevel: true,
  tickSize: true,
  lotSize: true,
  binanceMarket: true,
  binanceDepthUrl: true,
  binanceTradesUrl: true,
  binanceRestUrl: true,
};
const KEYS = knownKeys(SETTING_NAMES);

const text = z.string().trim().min(1, 'must not be empty');
const step = z.number('must be a number').positive('must be above 0');
const address = z.url('must be an address');

/** What each setting must be, as an option. */
const OPTIONS = z.strictObject({
  dataSource: text,
  connectorName: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'may hold letters, digits, ., _ and -, at most 64'),
  pollIntervalMs: z
    .number('must be a number of ms')
    .int('must be a whole number of ms')
    .min(1, 'must be from 1 to 60000')
    .max(60_000, 'must be from 1 to 60000'),
  paperTrading: z.boolean('must be true or false'),
  symbols: z.array(text).min(1, 'must name at least one symbol').readonly(),
  logLevel: z.custom<FeedLogLevel>(
    (level) => typeof level === 'string' && levelOf(level) === level,
    'must be trace, debug, info, warn, error, fatal or silent',
  ),
  tickSize: step,
  lotSize: step,
  binanceMarket: z.enum(['spot', 'usdm'], 'must be spot or usdm'),
  binanceDepthUrl: address.optional(),
  binanceTradesUrl: address.optional(),
  binanceRestUrl: address.optional(),
});

const asNumber = (given: string): unknown => Number(given);
const asIs = (given: string): unknown => given;

/** Variable, reader of its text, and default of each setting. */
const VARIABLES: {
  readonly [Name in keyof FeedSettings]: readonly [
    variable: string,
    read: (given: string) => unknown,
    preset: FeedSettings[Name],
  ];
} = {
  dataSource: ['DATA_SOURCE', (given) => given.toLowerCase(), 'binance_ws'],
  connectorName: ['CONNECTOR_NAME', asIs, 'bybit'],
  pollIntervalMs: ['CONNECTOR_POLL_INTERVAL_MS', asNumber, 100],
  paperTrading: ['CONNECTOR_PAPER_TRADING', flagWord, true],
  symbols: ['SYMBOL', (given) => given.split(',').map((symbol) => symbol.trim()), ['BTCUSDT']],
  logLevel: ['LOG_LEVEL', levelOf, 'info'],
  tickSize: ['CONNECTOR_TICK_SIZE', asNumber, 0.1],
  lotSize: ['CONNECTOR_LOT_SIZE', asNumber, 0.001],
  binanceMarket: ['BINANCE_MARKET', (given) => given.toLowerCase(), 'spot'],
  binanceDepthUrl: ['BINANCE_DEPTH_URL', asIs, undefined],
  binanceTradesUrl: ['BINANCE_TRADES_URL', asIs, undefined],
  binanceRestUrl: ['BINANCE_REST_URL', asIs, undefined],
};

/** Settings that decide about money or the venue: a typing error must not choose for the user. */
const DECISIVE: ReadonlySet<keyof FeedSettings> = new Set([
  'dataSource',
  'connectorName',
  'paperTrading',
  'binanceMarket',
  'binanceDepthUrl',
  'binanceTradesUrl',
  'binanceRestUrl',
]);

/** Every variable that a feed reads itself. */
export const FEED_VARIABLES: readonly string[] = Object.values(VARIABLES).map(([name]) => name);

/**
 * Settings from options and environment. An invalid option is an error, and so is an invalid variable
 * that decides about money or the venue; any other invalid variable is its default, reported by `warn`.
 *
 * @param env - Default: this process's environment.
 * @param warn - Gets one sentence per wrong variable; the value is not in it, for it may be a key in
 * the wrong place. Default: `process.emitWarning`.
 * @param sources - Data sources that there are. Default the built-in ones.
 * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_DATA_SOURCE` for a wrong option, and for a
 * wrong `DATA_SOURCE`, `CONNECTOR_NAME`, `CONNECTOR_PAPER_TRADING` or `BINANCE_…`.
 */
export function feedSettings(
  options: FeedSettingsOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  warn: (text: string) => void = emitWarning,
  sources: readonly string[] = BUILT_IN_SOURCES,
): FeedSettings {
  checkKeys(options, KEYS, '');
  const given = withoutUndefined(options);
  const checked = OPTIONS.partial().safeParse(given);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `${path === '' ? 'settings' : path}: ${issue?.message ?? 'is wrong'}.`,
    );
  }
  if (options.dataSource !== undefined && !sources.includes(options.dataSource))
    throw unknownSource(options.dataSource, sources);
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(VARIABLES) as (keyof FeedSettings)[]) {
    settings[name] = given[name] ?? fromEnv(name, env, warn, sources);
  }
  return Object.freeze(settings) as unknown as FeedSettings;
}

/** The error of a data source that is not registered. */
export function unknownSource(name: string, sources: readonly string[]): HftError {
  return new HftError(
    'ERR_UNKNOWN_DATA_SOURCE',
    `there is no data source ${JSON.stringify(name)}; there are ${sources.join(', ')}.`,
    { remedy: 'Use one of them, or register yours with dataSources.register().' },
  );
}

function fromEnv(
  name: keyof FeedSettings,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
  sources: readonly string[],
): unknown {
  const [variable, read, preset] = VARIABLES[name];
  const given = env[variable]?.trim() ?? '';
  if (given === '') return preset;
  const value = read(given);
  const checked = OPTIONS.shape[name].safeParse(value);
  const isKnown = name !== 'dataSource' || sources.includes(value as string);
  if (checked.success && checked.data !== undefined && isKnown) return checked.data;
  const rule = isKnown
    ? (checked.error?.issues[0]?.message ?? 'must be true or false')
    : `must be one of ${sources.join(', ')}`;
  if (DECISIVE.has(name)) {
    const code = isKnown ? 'ERR_INVALID_ARGUMENT' : 'ERR_UNKNOWN_DATA_SOURCE';
    throw new HftError(code, `${variable} ${rule}, and nothing was started.`, {
      remedy: 'Correct the variable, or unset it.',
    });
  }
  warn(`${variable} ${rule}: it counts as ${String(preset)}.`);
  return preset;
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: 'HFTBACKTEST_LIVE_SETTING' });
}
