import { resolveRequirement, type BotOptions } from '../models/bot-options.js';
import { HftError } from '../models/hft-error.js';

/**
 * The stub's orders are simulated: a program that demands others must not get it.
 *
 * @throws HftError `ERR_ORDERS_MISMATCH`, `ERR_INVALID_ARGUMENT` for what cannot be demanded.
 */
export function refuseOtherOrders(
  options: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>,
): void {
  resolveRequirement(options);
  const { requireOrders = 'simulated', requireEnvironment = 'simulated' } = options;
  if (requireOrders === 'simulated' && requireEnvironment === 'simulated') return;
  throw new HftError(
    'ERR_ORDERS_MISMATCH',
    `the orders of the stub are simulated, and this program demands ${requireOrders} (${requireEnvironment}).`,
    { remedy: "Take `backend: 'native'` with a connector, or leave out what is demanded." },
  );
}
