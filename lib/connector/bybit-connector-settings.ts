import { flagOption, flagVariable } from '../models/flag-word.js';
import { checkKeys, knownKeys, type NamesOf } from '../models/known-keys.js';
import { checkKey } from './check-key.js';

/** How the Bybit connector is to run, as far as options and environment say; a config file may say more. */
export interface BybitConnectorSettings {
  /** Public data only when key or secret is missing. */
  readonly apiKey: string | undefined;
  readonly apiSecret: string | undefined;
  /** Path of a `bybit.toml`; the connector's own defaults when not given. */
  readonly configFile: string | undefined;
  /** Bybit's testnet instead of its main net. */
  readonly testnet: boolean;
  /** Orders are filled here against the venue's book; `false` sends them to the venue. */
  readonly paperTrading: boolean;
}

/** Settings by option; what is not given comes from the environment, then from the default. */
export interface BybitConnectorOptions {
  /** Default `BYBIT_API_KEY`. Reaches the connector by its environment only. */
  readonly apiKey?: string;
  /** Default `BYBIT_API_SECRET`. Reaches the connector by its environment only. */
  readonly apiSecret?: string;
  /** Default `BYBIT_CONNECTOR_CONFIG_FILE`. */
  readonly configFile?: string;
  /** Default `BYBIT_CONNECTOR_TESTNET`, else `false`. */
  readonly testnet?: boolean;
  /** Default `CONNECTOR_PAPER_TRADING`, else `true`. */
  readonly paperTrading?: boolean;
}

/** The names of {@link BybitConnectorOptions}. */
export const BYBIT_NAMES: NamesOf<BybitConnectorOptions> = {
  apiKey: true,
  apiSecret: true,
  configFile: true,
  testnet: true,
  paperTrading: true,
};
const KEYS = knownKeys(BYBIT_NAMES);

/**
 * Settings from options and environment: an option goes before its variable.
 *
 * @param env - Default: this process's environment.
 * @param warn - Gets one sentence per problem. Default: `process.emitWarning`.
 * @throws HftError `ERR_INVALID_ARGUMENT` for a flag that is neither true nor false: a typing error
 * chooses neither a venue nor real orders; for a key with quotes or blanks around it.
 */
export function bybitConnectorSettings(
  options: BybitConnectorOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  warn: (text: string) => void = emitWarning,
): BybitConnectorSettings {
  checkKeys(options, KEYS, '');
  const givenKey = options.apiKey ?? env['BYBIT_API_KEY'];
  const givenSecret = options.apiSecret ?? env['BYBIT_API_SECRET'];
  checkKey(options.apiKey === undefined ? 'BYBIT_API_KEY' : 'apiKey', givenKey);
  checkKey(options.apiSecret === undefined ? 'BYBIT_API_SECRET' : 'apiSecret', givenSecret);
  const apiKey = text(givenKey);
  const apiSecret = text(givenSecret);
  if ((apiKey === undefined) !== (apiSecret === undefined)) {
    const [there, missing] =
      apiKey === undefined
        ? ['BYBIT_API_SECRET', 'BYBIT_API_KEY']
        : ['BYBIT_API_KEY', 'BYBIT_API_SECRET'];
    warn(`${there} is set and ${missing} is not: ${there} is not used. Set both or neither.`);
  }
  const both = apiKey !== undefined && apiSecret !== undefined;
  return {
    apiKey: both ? apiKey : undefined,
    apiSecret: both ? apiSecret : undefined,
    configFile: text(options.configFile ?? env['BYBIT_CONNECTOR_CONFIG_FILE']),
    testnet:
      flagOption(options.testnet, 'testnet') ??
      flagVariable(env, 'BYBIT_CONNECTOR_TESTNET') ??
      false,
    paperTrading:
      flagOption(options.paperTrading, 'paperTrading') ??
      flagVariable(env, 'CONNECTOR_PAPER_TRADING') ??
      true,
  };
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: 'HFTBACKTEST_LIVE_SETTING' });
}
