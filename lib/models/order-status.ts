/**
 * State of an order. hftbacktest's numbers: None 0, New 1, Expired 2, Filled 3, Canceled 4,
 * PartiallyFilled 5, Rejected 6, Replaced 7, Unsupported 255.
 */
export const OrderStatus = {
  None: 'none',
  New: 'new',
  Expired: 'expired',
  Filled: 'filled',
  Canceled: 'canceled',
  PartiallyFilled: 'partially_filled',
  Rejected: 'rejected',
  Replaced: 'replaced',
  Unsupported: 'unsupported',
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

const BY_CODE: readonly OrderStatus[] = [
  'none',
  'new',
  'expired',
  'filled',
  'canceled',
  'partially_filled',
  'rejected',
  'replaced',
];

/** hftbacktest's number of a status. */
export function orderStatusToCode(status: OrderStatus): number {
  const code = BY_CODE.indexOf(status);
  return code < 0 ? 255 : code;
}

/** Status of hftbacktest's number, `unsupported` for numbers it does not know. */
export function orderStatusFromCode(code: number): OrderStatus {
  return BY_CODE[code] ?? 'unsupported';
}

/** True while the order rests or may still rest: `new`, `partially_filled` and `replaced`. */
export function isActiveStatus(status: OrderStatus): boolean {
  return status === 'new' || status === 'partially_filled' || status === 'replaced';
}

/** True when the order rests at the venue and no request about it is under way. */
export function isCancellable(status: OrderStatus, pending: OrderStatus): boolean {
  return (status === 'new' || status === 'partially_filled') && pending === 'none';
}

/** True when nothing more happens to the order: filled, canceled, expired or rejected. */
export function isFinalStatus(status: OrderStatus): boolean {
  return (
    status === 'filled' || status === 'canceled' || status === 'expired' || status === 'rejected'
  );
}
