import { Option, type Command } from 'commander';

import { LiveClient } from '../client/live-client.js';
import { CONNECTOR_KINDS, type ConnectorKind } from '../connector/connector-kinds.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { ordersText } from '../models/orders-kind.js';
import { registrationRefusal } from '../models/registration-refusal.js';
import { askSizes } from './ask-sizes.js';
import { CONNECT_SECONDS, awaitConnectors } from './await-connectors.js';
import { commandBackend } from './command-backend.js';
import { positive } from './positive.js';
import { isKnown, type KnownInstrument } from './wanted-instrument.js';
import {
  INSTRUMENTS_HELP,
  wantedInstruments,
  type InstrumentOptions,
} from './wanted-instruments.js';

/** Sizes of made-up prices where none are given. */
const STUB_SIZES = { tickSize: 0.1, lotSize: 0.001 } as const;

/** Options of every command that reads a connector. */
export interface ClientCommandOptions extends InstrumentOptions {
  /** A connector that runs, or with `start` the name for the one that is started. */
  readonly connector?: string;
  /** Kind of connector to start; `undefined`: one that runs is joined. */
  readonly start?: ConnectorKind;
  /** Config file of the connector that is started. */
  readonly config?: string;
  readonly backend: 'auto' | 'native' | 'stub';
  /** How long a connector that is joined is waited for; `Infinity`: until it is there. Default 2. */
  readonly connectSeconds?: number;
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
    .option('--symbol <symbol...>', 'what to read (default: BTCUSDT, or all of --instruments)')
    .option('--tick <size>', 'price step (default: asked from the connector)', positive)
    .option('--lot <size>', 'quantity step (default: asked from the connector)', positive)
    .option('--instruments <file>', INSTRUMENTS_HELP)
    .addOption(
      new Option('--backend <which>', 'where the data comes from')
        .choices(['auto', 'native', 'stub'])
        .default('auto'),
    );
}

/** Adds `--connect-seconds`. */
export function addConnectSeconds(command: Command, preset: string): Command {
  return command.option(
    '--connect-seconds <n>',
    `how long a connector that does not run is waited for (default: ${preset})`,
    positive,
  );
}

/** Kind to start, and name to join. */
function targetOf(options: ClientCommandOptions): { kind?: ConnectorKind; name: string } {
  const kind = options.start ?? (options.connector === undefined ? 'sim' : undefined);
  const name = options.connector ?? kind ?? 'sim';
  return kind === undefined ? { name } : { kind, name };
}

/**
 * What the options ask for, with sizes: those of the connector where they are not given.
 *
 * @throws HftError as {@link askSizes}, and for a file that cannot be used.
 */
export async function instrumentsOf(
  options: ClientCommandOptions,
  signal: AbortSignal,
): Promise<KnownInstrument[]> {
  const wanted = wantedInstruments(options);
  if (wanted.every(isKnown)) return wanted;
  if (commandBackend(options.backend) === 'stub')
    return wanted.map(({ symbol, tickSize, lotSize }) => ({
      symbol,
      tickSize: tickSize ?? STUB_SIZES.tickSize,
      lotSize: lotSize ?? STUB_SIZES.lotSize,
    }));
  return await askSizes(wanted, {
    clientOf: (instruments) => lookingClient(options, instruments, false),
    connector: targetOf(options).name,
    connected: (client) => connected(client, options, signal),
    signal,
  });
}

/**
 * Waits until a connector that is joined is there.
 *
 * @throws HftError `ERR_CONNECTOR_DOWN` after `connectSeconds`.
 */
export async function connected(
  client: LiveClient,
  { connector, start, connectSeconds = CONNECT_SECONDS }: ClientCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  if (connector !== undefined && start === undefined)
    await awaitConnectors(client, connectSeconds, signal);
}

/**
 * A client as the options ask for it, not started. Without a connector or kind it starts `sim`.
 *
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` for a connector without the addon: prices are never made up in
 * its place.
 */
export function clientOf(
  options: ClientCommandOptions,
  instruments: readonly KnownInstrument[],
): LiveClient {
  const { kind, name } = targetOf(options);
  const built = instruments.map(({ symbol, tickSize, lotSize }) =>
    new LiveInstrument(symbol).connector(name).tickSize(tickSize).lotSize(lotSize),
  );
  const client = lookingClient(options, built, true);
  // One that is started says it in its own log.
  if (kind === undefined) printDestination(client);
  return client;
}

function lookingClient(
  options: ClientCommandOptions,
  instruments: readonly LiveInstrument[],
  isLoud: boolean,
): LiveClient {
  const { kind } = targetOf(options);
  const print = (line: string): void => {
    if (isLoud) process.stderr.write(`${line}\n`);
  };
  return new LiveClient({
    instruments: [...instruments],
    backend: commandBackend(options.backend),
    // These commands only look on: they must not take over orders that a bot has left.
    readOnly: true,
    stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity },
    onError: (error, { reported }) => {
      const spec = reported === undefined ? undefined : instruments[reported.asset]?.build();
      // What ends the command is said at its end.
      if (reported !== undefined && spec !== undefined && registrationRefusal(reported, spec))
        return;
      print(`hftbacktest-live: ${error.message}`);
    },
    ...(kind === undefined
      ? {}
      : {
          connector: {
            kind,
            symbols: instruments.map(({ symbol }) => symbol),
            ...(options.connector === undefined ? {} : { name: options.connector }),
            ...(options.config === undefined ? {} : { configFile: options.config }),
            onLog: print,
          },
        }),
  });
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
