import type { CreatedFeed } from '../feed/create-feed.js';
import { LiveInstrument } from '../models/live-instrument.js';
import type { KnownInstrument } from './wanted-instrument.js';

/** What a command's feed is made of. */
export interface FeedParts {
  /** `undefined`: by `DATA_SOURCE`, else the default. */
  readonly dataSource: string | undefined;
  readonly connectorName: string | undefined;
  readonly instruments: readonly KnownInstrument[];
}

/**
 * A feed in which each symbol has its own sizes, not started.
 *
 * @throws HftError as `createFeed`.
 */
export async function feedOf({
  dataSource,
  connectorName,
  instruments,
}: FeedParts): Promise<CreatedFeed> {
  // Loaded here: the other commands start without it.
  const [{ createFeed }, { DataSourceRegistry }, { NativeConnector }] = await Promise.all([
    import('../feed/create-feed.js'),
    import('../feed/data-sources.js'),
    import('../feed/native-connector.js'),
  ]);
  const registry = new DataSourceRegistry();
  registry.unregister('hft_connector');
  registry.register(
    'hft_connector',
    ({ connectorName: name }) =>
      new NativeConnector({
        name,
        clientOptions: {
          instruments: instruments.map(({ symbol, tickSize, lotSize }) =>
            new LiveInstrument(symbol).connector(name).tickSize(tickSize).lotSize(lotSize),
          ),
        },
      }),
  );
  return createFeed({
    registry,
    symbols: instruments.map(({ symbol }) => symbol),
    ...(dataSource === undefined ? {} : { dataSource }),
    ...(connectorName === undefined ? {} : { connectorName }),
  });
}
