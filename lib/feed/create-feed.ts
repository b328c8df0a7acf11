import {
  BYBIT_RUNNER_KEYS,
  type BybitConnectorRunnerOptions,
} from '../connector/bybit-connector-runner.js';
import { proxyWarnings } from '../connector/proxy-env.js';
import { checkKeys, knownKeys, namesWithout } from '../models/known-keys.js';
import { BinanceWsStream } from './binance-ws-stream.js';
import type { ConnectorWrapper } from './connector-wrapper.js';
import type { ContextService } from './context-service.js';
import { dataSources, type DataSourceRegistry } from './data-sources.js';
import { createFeedLogger, silentFeedLogger, type FeedLogger } from './feed-logger.js';
import {
  feedSettings,
  SETTING_NAMES,
  type FeedSettings,
  type FeedSettingsOptions,
} from './feed-settings.js';
import { HFTConnectorStream } from './hft-connector-stream.js';
import { STREAM_NAMES, type StreamOptions } from './stream-options.js';

/** Options of `createFeed`; what is not given comes from the environment, then from the default. */
export interface CreateFeedOptions extends FeedSettingsOptions {
  /** Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the shared one, `dataSources`. */
  readonly registry?: DataSourceRegistry;
  /** Default: lines on standard error by the log level. `false`: none. */
  readonly logger?: FeedLogger | false;
  /** Gets one sentence per wrong variable. Default: `process.emitWarning`. */
  readonly onWarning?: (text: string) => void;
  /** Options of the Bybit connector and its process. */
  readonly bybit?: BybitConnectorRunnerOptions;
  /** Everything else about the stream. */
  readonly stream?: Partial<Omit<StreamOptions, 'symbols' | 'logger'>>;
}

const KEYS = knownKeys<CreateFeedOptions>({
  ...SETTING_NAMES,
  env: true,
  registry: true,
  logger: true,
  onWarning: true,
  bybit: true,
  stream: true,
});
const STREAM_KEYS = knownKeys<NonNullable<CreateFeedOptions['stream']>>(
  namesWithout(STREAM_NAMES, ['symbols', 'logger']),
  {
    symbols: 'The symbols of a feed are symbols, beside stream.',
    logger: 'The logger of a feed is logger, beside stream.',
  },
);

function emitWarning(message: string): void {
  process.emitWarning(message, { code: 'HFTBACKTEST_LIVE_SETTING' });
}

/** A feed that is made and not yet started, with what it was made from. */
export interface CreatedFeed {
  readonly feed: HFTConnectorStream;
  readonly settings: FeedSettings;
  readonly connector: ConnectorWrapper;
  readonly logger: FeedLogger;
  /**
   * Begins a service's figures with the last trades by REST: from `binance_ws` only, skipped and
   * logged where a connector feeds it.
   *
   * @returns How many trades were taken.
   */
  backfill(context: ContextService): Promise<number>;
}

/**
 * A feed by settings: the shortest way in.
 *
 * ```ts
 * const { feed } = createFeed({ dataSource: 'binance_ws', symbols: ['BTCUSDT'] });
 * await feed.start();
 * for await (const event of feed) console.log(event);
 * ```
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_UNKNOWN_DATA_SOURCE`.
 */
export function createFeed(options: CreateFeedOptions = {}): CreatedFeed {
  checkKeys(options, KEYS, '');
  if (options.stream !== undefined) checkKeys(options.stream, STREAM_KEYS, 'stream');
  if (options.bybit !== undefined) checkKeys(options.bybit, BYBIT_RUNNER_KEYS, 'bybit');
  const { env = process.env, registry = dataSources, onWarning, bybit, stream, ...rest } = options;
  const { logger: given, ...chosen } = rest;
  const settings = feedSettings(chosen, env, onWarning, registry.names);
  if (settings.dataSource === 'binance_ws')
    for (const warning of proxyWarnings(env)) (onWarning ?? emitWarning)(warning);
  const logger =
    given === false
      ? silentFeedLogger
      : (given ?? createFeedLogger({ level: settings.logLevel, env }));
  const connector = registry.create(settings, {
    env,
    logger,
    bybit: { ...(onWarning === undefined ? {} : { onWarning }), ...bybit },
  });
  const feed = new HFTConnectorStream(connector, {
    pollIntervalMs: settings.pollIntervalMs,
    ...stream,
    symbols: settings.symbols,
    logger,
  });
  return {
    feed,
    settings,
    connector,
    logger,
    backfill: (context) =>
      context.backfill(settings.symbols, {
        dataSource: settings.dataSource,
        fetchTrades: async (symbol) =>
          connector instanceof BinanceWsStream ? await connector.fetchRecentTrades(symbol) : [],
      }),
  };
}
