import {
  bybitConnectorSettings,
  type BybitConnectorOptions,
  type BybitConnectorSettings,
} from './bybit-connector-settings.js';
import { ConnectorRunner, type RunnerTuning } from './connector-runner.js';

/** Options of {@link BybitConnectorRunner}: settings, process and queue. */
export interface BybitConnectorRunnerOptions extends BybitConnectorOptions, RunnerTuning {
  /** Gets one sentence per wrong setting. Default: `process.emitWarning`. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Runs `connector bybit … --stdio` as a child process: Bybit's trades and depth as events. Keys
 * reach the child by its environment only; without them there is public data and nothing else.
 * Its death is told as the error `bybit_connector_process_died`; it is started again after 0.5 s,
 * doubled up to 10 s, at most 5 times in a row, and subscribes again to everything.
 */
export class BybitConnectorRunner extends ConnectorRunner {
  /** True: no keys, public data only. */
  readonly isPublicOnly: boolean;
  /** True: orders never reach the venue. */
  readonly isPaperTrading: boolean;
  readonly isTestnet: boolean;

  /** @throws HftError `ERR_INVALID_ARGUMENT` as `ConnectorRunner`. */
  constructor(options: BybitConnectorRunnerOptions = {}) {
    const { apiKey, apiSecret, configFile, testnet, paperTrading, onWarning, env, ...tuning } =
      options;
    const given: BybitConnectorOptions = {
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(apiSecret === undefined ? {} : { apiSecret }),
      ...(configFile === undefined ? {} : { configFile }),
      ...(testnet === undefined ? {} : { testnet }),
      ...(paperTrading === undefined ? {} : { paperTrading }),
    };
    const base = env ?? process.env;
    const settings = bybitConnectorSettings(given, base, onWarning);
    super({
      ...tuning,
      kind: 'bybit',
      args: settings.configFile === undefined ? [] : [settings.configFile],
      env: bybitConnectorEnv(settings, base),
    });
    this.isPublicOnly = settings.apiKey === undefined;
    this.isPaperTrading = settings.paperTrading;
    this.isTestnet = settings.testnet;
  }
}

/** The child's environment: keys, and the flags as words that cannot be misread. */
export function bybitConnectorEnv(
  settings: BybitConnectorSettings,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const child: NodeJS.ProcessEnv = {
    ...env,
    BYBIT_CONNECTOR_TESTNET: String(settings.testnet),
    CONNECTOR_PAPER_TRADING: String(settings.paperTrading),
    BYBIT_API_KEY: settings.apiKey,
    BYBIT_API_SECRET: settings.apiSecret,
  };
  // Half a pair of keys is none, and a variable that is undefined must not become a word.
  if (settings.apiKey === undefined) {
    delete child['BYBIT_API_KEY'];
    delete child['BYBIT_API_SECRET'];
  }
  return child;
}
