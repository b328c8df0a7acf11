import { HftError } from './hft-error.js';
import { checkKeys, knownKeys } from './known-keys.js';
import { ORDER_HINTS } from './order-hints.js';

/** What to change about an open order; one of them at least. What is left out stays. */
export interface OrderChange {
  /** On the tick grid. */
  readonly price?: number;
  /** The whole quantity, what is filled included; on the lot grid, above 0. */
  readonly qty?: number;
}

const KEYS = knownKeys<OrderChange>({ price: true, qty: true }, ORDER_HINTS);

/** @throws HftError `ERR_INVALID_ARGUMENT` for an unknown name, and when nothing is to change. */
export function checkChange(change: OrderChange): void {
  checkKeys(change, KEYS, 'change');
  if (change.price !== undefined || change.qty !== undefined) return;
  throw new HftError('ERR_INVALID_ARGUMENT', 'change: neither price nor qty is given.');
}
