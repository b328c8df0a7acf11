import type { BotOptions } from './bot-options.js';
import { HftError } from './hft-error.js';
import { ordersText, type OrdersKind } from './orders-kind.js';

/**
 * Checks what a connector does with orders against what is demanded of it.
 *
 * @throws HftError `ERR_ORDERS_MISMATCH` where it does something else.
 */
export function checkRequirement(
  required: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>,
  connector: string,
  orders: OrdersKind,
  environment: string,
): void {
  const { requireOrders = orders, requireEnvironment = environment } = required;
  if (requireOrders === orders && requireEnvironment === environment) return;
  const [is, wanted] = [
    ordersText(orders, environment),
    ordersText(requireOrders, requireEnvironment),
  ];
  throw new HftError(
    'ERR_ORDERS_MISMATCH',
    `orders to ${connector} are ${is}, this program demands ${wanted}. None was sent.`,
    {
      remedy: 'Start the connector as it is meant, or change requireOrders and requireEnvironment.',
    },
  );
}
