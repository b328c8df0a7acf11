import { Option, type Command } from 'commander';

import { resolveBackend } from '../bot/create.js';
import { LiveClient } from '../client/live-client.js';
import { CONNECTOR_KINDS, type ConnectorKind } from '../connector/connector-kinds.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { ordersText } from '../models/orders-kind.js';
import { positive } from './positive.js';

/** A connector that runs has answered by then. */
const ABSENT_AFTER_MS = 2_000;

/** Options of every command that reads a connector. */
export interface ClientCommandOptions {
  /** A connector that runs, or with `start` the name for the one that is started. */
  readonly connector?: string;
  /** Kind of connector to start; `undefined`: one that runs is joined. */
  readonly start?: ConnectorKind;
  /** Config file of the connector that is started. */
  readonly config?: string;
  readonly symbol: string;
  readonly tick: number;
  readonly lot: number;
  readonly backend: 'auto' | 'native' | 'stub';
}

/** Adds the options of {@link ClientCommandOptions}. */
export function addClientOptions(command: Command): Command {
  return command
    .option('--connector <name>', 'join the connector that runs under this name')
    .addOption(
      new Option(
        '--start <kind>',
        'start a connector of this kind, and end it again (default without --connector: sim)',
      ).choices(CONNECTOR_KINDS.filter((kind) => kind !== 'replay')),
    )
    .option('--config <file>', 'config file of the connector that is started')
    .option('--symbol <symbol>', 'what to read', 'BTCUSDT')
    .option('--tick <size>', 'price step', positive, 0.1)
    .option('--lot <size>', 'quantity step', positive, 0.001)
    .addOption(
      new Option('--backend <which>', 'where the data comes from')
        .choices(['auto', 'native', 'stub'])
        .default('auto'),
    );
}

/**
 * A client as the options ask for it, not started. Without a connector or kind it starts `sim`.
 *
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` for a connector without the addon: prices are never made up in
 * its place.
 */
export function clientOf(options: ClientCommandOptions): LiveClient {
  const kind = options.start ?? (options.connector === undefined ? 'sim' : undefined);
  const name = options.connector ?? kind ?? 'sim';
  const client = new LiveClient({
    instruments: [
      new LiveInstrument(options.symbol)
        .connector(name)
        .tickSize(options.tick)
        .lotSize(options.lot),
    ],
    backend: resolveBackend(options.backend, { connector: options.connector }),
    // These commands only look on: they must not take over orders that a bot has left.
    readOnly: true,
    stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity },
    onError: (error) => {
      process.stderr.write(`hftbacktest-live: ${error.message}\n`);
    },
    ...(kind === undefined
      ? {}
      : {
          connector: {
            kind,
            symbols: [options.symbol],
            ...(options.connector === undefined ? {} : { name: options.connector }),
            ...(options.config === undefined ? {} : { configFile: options.config }),
            onLog: (line: string) => {
              process.stderr.write(`${line}\n`);
            },
          },
        }),
  });
  // One that is started says it in its own log.
  if (kind === undefined) {
    printDestination(client);
    printAbsence(client);
  }
  return client;
}

/** Says on standard error that a connector does not run: perhaps its name is mistyped. */
function printAbsence(client: LiveClient): void {
  setTimeout(() => {
    for (const { connector, connected } of client.health.connectors) {
      if (connected) continue;
      process.stderr.write(
        `connector ${connector}: not there yet, waiting for it. hftbacktest-live doctor lists those that run.\n`,
      );
    }
  }, ABSENT_AFTER_MS).unref();
}

/** Says on standard error what a joined connector does with orders, and when that is another thing. */
function printDestination(client: LiveClient): void {
  const printed = new Map<string, string>();
  client.on('link', () => {
    for (const { connector, connected, orders, environment } of client.health.connectors) {
      const text = ordersText(orders, environment);
      if (!connected || printed.get(connector) === text) continue;
      printed.set(connector, text);
      process.stderr.write(`connector ${connector}: orders ${text}\n`);
    }
  });
}
