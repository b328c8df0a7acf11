/**
 * How long an order stands. hftbacktest's numbers: GTC 0, GTX 1, FOK 2, IOC 3.
 */
export const TimeInForce = {
  /** Good till cancelled. */
  GTC: 'GTC',
  /** Post only: expires instead of taking. */
  GTX: 'GTX',
  /** All at once or not at all. */
  FOK: 'FOK',
  /** What trades now; the rest is cancelled. */
  IOC: 'IOC',
} as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

const BY_CODE: readonly TimeInForce[] = ['GTC', 'GTX', 'FOK', 'IOC'];

/** hftbacktest's number of a time in force, -1 when it is none. */
export function timeInForceToCode(timeInForce: string): number {
  return (BY_CODE as readonly string[]).indexOf(timeInForce);
}

/** Time in force of hftbacktest's number; `GTC` for numbers it does not know. */
export function timeInForceFromCode(code: number): TimeInForce {
  return BY_CODE[code] ?? 'GTC';
}
