import { BYBIT_KEYS, bybitConnectorEnv, setFlag } from './bybit-connector-env.js';
import type { BybitConnectorOptions } from './bybit-connector-settings.js';
import type { ConnectorKind } from './connector-kinds.js';

/**
 * The environment of a connector that a client starts. Bybit's keys go to Bybit's connector only.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` as `bybitConnectorEnv`; for another venue when
 * `CONNECTOR_PAPER_TRADING` is neither true nor false.
 */
export function ownedConnectorEnv(
  kind: ConnectorKind,
  options: BybitConnectorOptions,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (kind === 'bybit') return bybitConnectorEnv(options, env, true);
  const child: NodeJS.ProcessEnv = { ...env };
  for (const name of BYBIT_KEYS) Reflect.deleteProperty(child, name);
  // Without a venue there is nothing that the flag could decide.
  if (kind !== 'sim' && kind !== 'replay')
    setFlag(child, 'CONNECTOR_PAPER_TRADING', options.paperTrading);
  return child;
}
