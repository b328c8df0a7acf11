import { HftError } from './hft-error.js';
import { invalid } from './invalid.js';

/** What becomes of the orders that a connector takes. */
export const OrdersKind = {
  /** The connector does not say: hftbacktest's own (which sends them), or one of an older version. */
  Unknown: 'unknown',
  /** They are refused: there is no key. */
  None: 'none',
  /** They rest in a market that is made up or recorded. */
  Simulated: 'simulated',
  /** They are filled in the connector against a venue's market data. */
  Paper: 'paper',
  /** They are sent to a venue. */
  Real: 'real',
} as const;
export type OrdersKind = (typeof OrdersKind)[keyof typeof OrdersKind];

/** What a program may demand of its connectors. */
export type RequiredOrders = 'real' | 'paper' | 'simulated';

const BY_CODE: readonly OrdersKind[] = ['unknown', 'none', 'simulated', 'paper', 'real'];

/** The kind of an `Orders` number; `unknown` for numbers that it does not know. */
export function ordersFromCode(code: number | undefined): OrdersKind {
  return BY_CODE[code ?? 0] ?? 'unknown';
}

/** The number of a kind. @throws HftError `ERR_INVALID_ARGUMENT` for a word that is none. */
export function ordersToCode(kind: OrdersKind): number {
  const code = BY_CODE.indexOf(kind);
  if (code >= 0) return code;
  return invalid('orders', kind, `must be one of ${BY_CODE.join(', ')}`);
}

/**
 * Checks `requireOrders`.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for a word that cannot be demanded.
 */
export function resolveRequiredOrders(
  value: RequiredOrders | undefined,
): RequiredOrders | undefined {
  if (value === undefined || ['real', 'paper', 'simulated'].includes(value)) return value;
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `requireOrders: ${JSON.stringify(value)} must be real, paper or simulated.`,
    { remedy: 'Leave it out to take whatever the connector does with orders.' },
  );
}

/**
 * Checks `requireEnvironment`.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for anything but a word.
 */
export function resolveRequiredEnvironment(value: string | undefined): string | undefined {
  if (value === undefined || (typeof value === 'string' && /^[\w.-]{1,32}$/.test(value)))
    return value;
  return invalid('requireEnvironment', value, 'must be a word such as mainnet, testnet or demo');
}

/** `real (mainnet)`. */
export function ordersText(orders: OrdersKind, environment: string): string {
  return environment === '' || environment === orders ? orders : `${orders} (${environment})`;
}
