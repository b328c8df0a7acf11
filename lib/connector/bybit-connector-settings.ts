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

/** Words that a flag may be, in any case. */
const FLAG_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

/**
 * Settings from options and environment. An invalid flag is its default, told by `warn`: never the
 * dangerous reading of a typing error.
 *
 * @param env - Default: this process's environment.
 * @param warn - Gets one sentence per problem. Default: `process.emitWarning`.
 */
export function bybitConnectorSettings(
  options: BybitConnectorOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  warn: (text: string) => void = emitWarning,
): BybitConnectorSettings {
  const apiKey = text(options.apiKey ?? env['BYBIT_API_KEY']);
  const apiSecret = text(options.apiSecret ?? env['BYBIT_API_SECRET']);
  if ((apiKey === undefined) !== (apiSecret === undefined)) {
    const [there, missing] =
      apiKey === undefined
        ? ['BYBIT_API_SECRET', 'BYBIT_API_KEY']
        : ['BYBIT_API_KEY', 'BYBIT_API_SECRET'];
    warn(`${there} is set and ${missing} is not: the connector gets public data only.`);
  }
  const both = apiKey !== undefined && apiSecret !== undefined;
  return {
    apiKey: both ? apiKey : undefined,
    apiSecret: both ? apiSecret : undefined,
    configFile: text(options.configFile ?? env['BYBIT_CONNECTOR_CONFIG_FILE']),
    testnet: options.testnet ?? flag('BYBIT_CONNECTOR_TESTNET', false, env, warn),
    paperTrading: options.paperTrading ?? flag('CONNECTOR_PAPER_TRADING', true, env, warn),
  };
}

/** `undefined` for nothing, and for what is no flag. */
export function readFlag(value: string | undefined): boolean | undefined {
  return FLAG_WORDS.get(value?.trim().toLowerCase() ?? '');
}

function flag(
  name: string,
  preset: boolean,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): boolean {
  if (text(env[name]) === undefined) return preset;
  const value = readFlag(env[name]);
  if (value !== undefined) return value;
  // The value is not repeated: a key pasted into the wrong line must not reach a log.
  warn(`${name} is neither true nor false: it counts as ${String(preset)}.`);
  return preset;
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: 'HFTBACKTEST_LIVE_SETTING' });
}
