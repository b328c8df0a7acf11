import { LiveClient } from '../client/live-client.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { askSizes } from './ask-sizes.js';
import { CONNECT_SECONDS, awaitConnectors } from './await-connectors.js';
import { isKnown, type KnownInstrument, type WantedInstrument } from './wanted-instrument.js';

/**
 * The instruments of a connector that is there and takes them, with its sizes where none are given.
 *
 * @throws HftError `ERR_CONNECTOR_DOWN`, `ERR_INSTRUMENT_NOT_FOUND`, `ERR_INVALID_ARGUMENT`.
 */
export async function joinedInstruments(
  connector: string,
  wanted: readonly WantedInstrument[],
  seconds: number = CONNECT_SECONDS,
  signal: AbortSignal,
): Promise<KnownInstrument[]> {
  const clientOf = (instruments: readonly LiveInstrument[]): LiveClient =>
    new LiveClient({ instruments: [...instruments], backend: 'native', readOnly: true });
  const connected = (client: LiveClient): Promise<void> => awaitConnectors(client, seconds, signal);
  if (!wanted.every(isKnown))
    return await askSizes(wanted, { clientOf, connector, connected, signal });
  await using client = clientOf(
    wanted.map(({ symbol, tickSize, lotSize }) =>
      new LiveInstrument(symbol).connector(connector).tickSize(tickSize).lotSize(lotSize),
    ),
  );
  await client.start();
  await connected(client);
  return [...wanted];
}
