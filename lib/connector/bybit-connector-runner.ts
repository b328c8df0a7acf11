import { bybitConnectorEnv } from './bybit-connector-env.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import {
  BYBIT_NAMES,
  bybitConnectorSettings,
  type BybitConnectorOptions,
} from './bybit-connector-settings.js';
import { ConnectorRunner, TUNING_NAMES, type RunnerTuning } from './connector-runner.js';

/** Options of {@link BybitConnectorRunner}: settings, process and queue. */
export interface BybitConnectorRunnerOptions extends BybitConnectorOptions, RunnerTuning {
  /** Gets one sentence per wrong setting. Default: `process.emitWarning`. */
  readonly onWarning?: (text: string) => void;
}

/** The names of {@link BybitConnectorRunnerOptions}. */
export const BYBIT_RUNNER_KEYS = knownKeys<BybitConnectorRunnerOptions>({
  ...BYBIT_NAMES,
  ...TUNING_NAMES,
  onWarning: true,
});

/**
 * Runs `connector bybit … --stdio` as a child process: Bybit's trades and depth as events. Keys
 * reach the child by its environment only; without them there is public data and nothing else.
 * Its death is reported as the error `bybit_connector_process_died`; it is started again after 0.5 s,
 * doubled up to 10 s, at most 5 times in a row, and subscribes again to everything.
 */
export class BybitConnectorRunner extends ConnectorRunner {
  /** True: neither options nor environment hold keys, so that there is public data only. */
  readonly isPublicOnly: boolean;

  /** @throws HftError `ERR_INVALID_ARGUMENT` as `ConnectorRunner`. */
  constructor(options: BybitConnectorRunnerOptions = {}) {
    const { apiKey, apiSecret, configFile, testnet, paperTrading, onWarning, env, ...tuning } =
      checkKeys(options, BYBIT_RUNNER_KEYS, '');
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
      env: bybitConnectorEnv(given, base, false),
    });
    this.isPublicOnly = settings.apiKey === undefined;
  }
}
