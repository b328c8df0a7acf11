const ENDED: ReadonlySet<string> = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'denied',
  'closed',
]);

/** True for a state or status word by which a client says that an order does not live. */
export function hasEnded(state: string): boolean {
  return ENDED.has(state);
}
