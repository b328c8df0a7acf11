import type { BybitConnectorRunnerOptions } from '../connector/bybit-connector-runner.js';
import { HftError } from '../models/hft-error.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { BinanceWsStream } from './binance-ws-stream.js';
import { BybitConnector } from './bybit-connector.js';
import type { ConnectorWrapper } from './connector-wrapper.js';
import type { FeedLogger } from './feed-logger.js';
import { unknownSource, type FeedSettings } from './feed-settings.js';
import { NativeConnector } from './native-connector.js';

/** What a data source is made from besides the settings. */
export interface DataSourceParts {
  /** Environment of what is started: keys reach a connector process by it. */
  readonly env: NodeJS.ProcessEnv;
  readonly logger: FeedLogger;
  /** Options of the Bybit connector and its process. */
  readonly bybit: BybitConnectorRunnerOptions;
}

/** Makes the connector of one data source. */
export type DataSourceFactory = (
  settings: FeedSettings,
  parts: DataSourceParts,
) => ConnectorWrapper;

/** Data sources by name: `binance_ws`, `hft_connector`, `bybit_connector`, and your own. */
export class DataSourceRegistry {
  readonly #factories = new Map<string, DataSourceFactory>([
    ['binance_ws', binanceWs],
    ['hft_connector', hftConnector],
    ['bybit_connector', bybitConnector],
  ]);

  /** Names that `DATA_SOURCE` may be. */
  get names(): readonly string[] {
    return [...this.#factories.keys()];
  }

  /**
   * Adds a data source.
   *
   * @param name - Small letters, digits and underscores.
   * @throws HftError `ERR_INVALID_ARGUMENT` for a name in use or of another form.
   */
  register(name: string, factory: DataSourceFactory): this {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name))
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `name: ${JSON.stringify(name)} may hold small letters, digits and underscores.`,
      );
    if (this.#factories.has(name))
      throw new HftError('ERR_INVALID_ARGUMENT', `name: ${name} is registered already.`);
    this.#factories.set(name, factory);
    return this;
  }

  /** Takes a data source out again; false when there is none of the name. */
  unregister(name: string): boolean {
    return this.#factories.delete(name);
  }

  /** @throws HftError `ERR_UNKNOWN_DATA_SOURCE` with the names that there are. */
  create(settings: FeedSettings, parts: DataSourceParts): ConnectorWrapper {
    const factory = this.#factories.get(settings.dataSource);
    if (factory === undefined) throw unknownSource(settings.dataSource, this.names);
    return factory(settings, parts);
  }
}

/** The registry that `createFeed` uses when it is given none. */
export const dataSources = new DataSourceRegistry();

function binanceWs(settings: FeedSettings): ConnectorWrapper {
  const { binanceMarket: market, binanceDepthUrl, binanceTradesUrl, binanceRestUrl } = settings;
  return new BinanceWsStream({
    market,
    ...(binanceDepthUrl === undefined ? {} : { depthUrl: binanceDepthUrl }),
    ...(binanceTradesUrl === undefined ? {} : { tradesUrl: binanceTradesUrl }),
    ...(binanceRestUrl === undefined ? {} : { restUrl: binanceRestUrl }),
  });
}

function hftConnector(settings: FeedSettings): ConnectorWrapper {
  const { symbols, connectorName, tickSize, lotSize } = settings;
  return new NativeConnector({
    name: connectorName,
    clientOptions: {
      instruments: symbols.map((symbol) =>
        new LiveInstrument(symbol).connector(connectorName).tickSize(tickSize).lotSize(lotSize),
      ),
    },
  });
}

function bybitConnector(settings: FeedSettings, parts: DataSourceParts): ConnectorWrapper {
  const { env, logger, bybit } = parts;
  return new BybitConnector({
    runner: { env, paperTrading: settings.paperTrading, ...bybit },
    logger,
  });
}
