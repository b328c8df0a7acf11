import { flagOption } from '../models/flag-word.js';
import { HftError } from '../models/hft-error.js';
import type { AssignedConnector } from './assign-connector.js';
import { bybitConnectorSettings, type BybitConnectorOptions } from './bybit-connector-settings.js';
import type { ConnectorKind } from './connector-kinds.js';
import { ownedConnectorEnv } from './owned-connector-env.js';
import type { OwnedConnectorOptions } from './owned-connector-options.js';
import { SecretRedactor } from './secret-redactor.js';
import { TemporaryConfig } from './temporary-config.js';

/** How a connector is called: its command line and its environment. */
export interface ConnectorCommand {
  /** Name, kind, symbols, files, options. */
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The config of the options in a file, to be removed at the end; `undefined`: none was given. */
  readonly config: TemporaryConfig | undefined;
  /** `paper` was given: it is what decides. */
  readonly optionSaid: boolean;
}

/**
 * Makes the command of a connector from its options.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for a flag that is none, or for a secret in the config.
 */
export function connectorCommand({
  name,
  options,
  symbols,
}: Omit<AssignedConnector, 'instruments'>): ConnectorCommand {
  const { kind } = options;
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  const paper = flagOption(options.paper, 'connector.paper');
  const venue: BybitConnectorOptions = {
    ...(paper === undefined ? {} : { paperTrading: paper }),
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
  };
  const config = temporaryConfig(options, env);
  try {
    const named = configFileOf(kind, venue, env);
    return {
      // Not `--name NAME KIND`: behind a KIND that comes first, a symbol that is a kind too would be the kind.
      words: [name, kind, ...words(options, symbols, config?.path ?? named)],
      env: ownedConnectorEnv(kind, venue, env),
      config,
      optionSaid: paper !== undefined,
    };
  } catch (error) {
    config?.remove();
    throw error;
  }
}

function temporaryConfig(
  { config }: OwnedConnectorOptions,
  env: NodeJS.ProcessEnv,
): TemporaryConfig | undefined {
  if (config === undefined) return undefined;
  const text = JSON.stringify(config, asText);
  if (SecretRedactor.fromEnv(env).redact(text) !== text) {
    const what = 'connector.config: a secret of the environment stands in it.';
    throw new HftError('ERR_INVALID_ARGUMENT', what);
  }
  return new TemporaryConfig(config);
}

/** Bybit has a variable for it; what is odd about its other variables is warned of on the way. */
function configFileOf(
  kind: ConnectorKind,
  venue: BybitConnectorOptions,
  env: NodeJS.ProcessEnv,
): string | undefined {
  return kind === 'bybit' ? bybitConnectorSettings(venue, env).configFile : venue.configFile;
}

function words(
  options: OwnedConnectorOptions,
  instruments: readonly string[],
  file: string | undefined,
): string[] {
  const { kind, files = [], args = [] } = options;
  // A simulated exchange must know what it trades; event arrays do not name their symbol.
  const isNeeded =
    (kind === 'sim' && file === undefined) || (kind === 'replay' && instruments.length === 1);
  const symbols = options.symbols ?? (isNeeded ? instruments : []);
  return [...symbols, ...(file === undefined ? [] : [file]), ...files, ...args];
}

const asText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
