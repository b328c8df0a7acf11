import { flagOption, flagVariable } from '../models/flag-word.js';
import { checkKey } from './check-key.js';
import type { BybitConnectorOptions } from './bybit-connector-settings.js';

/** The variables that hold Bybit's keys. */
export const BYBIT_KEYS = ['BYBIT_API_KEY', 'BYBIT_API_SECRET'] as const;

/**
 * The environment of a Bybit connector: keys, and the flags that were given. A flag that was
 * not given stays unset: the connector's config file may say it, and a variable would go before that.
 *
 * @param takesOrders - `false` for one that takes none, whatever the flags say: half a pair of keys is
 * none then. One that takes orders gets the half and refuses it where they are real: without it, it
 * would trade with the pair of its config file.
 * @throws HftError `ERR_INVALID_ARGUMENT` for a flag that is neither true nor false, and for a key with
 * quotes or blanks around it.
 */
export function bybitConnectorEnv(
  options: BybitConnectorOptions,
  env: NodeJS.ProcessEnv,
  takesOrders: boolean,
): NodeJS.ProcessEnv {
  const child: NodeJS.ProcessEnv = { ...env };
  setFlag(child, 'BYBIT_CONNECTOR_TESTNET', options.testnet);
  setFlag(child, 'CONNECTOR_PAPER_TRADING', options.paperTrading);
  if (options.apiKey !== undefined) child['BYBIT_API_KEY'] = options.apiKey;
  if (options.apiSecret !== undefined) child['BYBIT_API_SECRET'] = options.apiSecret;
  for (const name of BYBIT_KEYS) checkKey(name, child[name]);
  if (!takesOrders && BYBIT_KEYS.some((name) => (child[name] ?? '').trim() === ''))
    for (const name of BYBIT_KEYS) Reflect.deleteProperty(child, name);
  return child;
}

/** Sets a flag as it was given, else as the environment has it; unset when neither says it. */
export function setFlag(child: NodeJS.ProcessEnv, name: string, given: boolean | undefined): void {
  const value = flagOption(given, name) ?? flagVariable(child, name);
  if (value === undefined) Reflect.deleteProperty(child, name);
  else child[name] = String(value);
}
