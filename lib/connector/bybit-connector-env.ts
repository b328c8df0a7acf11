import { readFlag, type BybitConnectorOptions } from './bybit-connector-settings.js';

/**
 * The environment of a Bybit connector: keys, and the flags that were given. A flag that nobody gave
 * stays unset, because the connector's config file may say it, and a variable goes before that.
 */
export function bybitConnectorEnv(
  options: BybitConnectorOptions,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const child: NodeJS.ProcessEnv = { ...env };
  set(child, 'BYBIT_CONNECTOR_TESTNET', options.testnet);
  set(child, 'CONNECTOR_PAPER_TRADING', options.paperTrading);
  if (options.apiKey !== undefined) child['BYBIT_API_KEY'] = options.apiKey;
  if (options.apiSecret !== undefined) child['BYBIT_API_SECRET'] = options.apiSecret;
  // Half a pair of keys is none.
  const keys = ['BYBIT_API_KEY', 'BYBIT_API_SECRET'] as const;
  if (keys.some((name) => (child[name] ?? '').trim() === ''))
    for (const name of keys) Reflect.deleteProperty(child, name);
  return child;
}

/** What is no flag was warned of, and is the connector's default then. */
function set(child: NodeJS.ProcessEnv, name: string, given: boolean | undefined): void {
  const value = given ?? readFlag(child[name]);
  if (value === undefined) Reflect.deleteProperty(child, name);
  else child[name] = String(value);
}
