/**
 * Side of an order or a book level, aggressor of a trade. hftbacktest's numbers: `Buy` 1,
 * `Sell` -1; in a record buy is 1 and sell is 2.
 */
export const Side = { Buy: 'buy', Sell: 'sell' } as const;
export type Side = (typeof Side)[keyof typeof Side];

/** Number of a side as hftbacktest and the addon's order calls take it: 1 buy, -1 sell. */
export function sideToCode(side: Side): 1 | -1 {
  return side === 'buy' ? 1 : -1;
}

/**
 * Side of hftbacktest's number, or of a record's (1 buy, 2 or -1 sell).
 *
 * @returns `undefined` for any other number (hftbacktest's `None` and `Unsupported`).
 */
export function sideFromCode(code: number): Side | undefined {
  if (code === 1) return 'buy';
  return code === 2 || code === -1 || code === 255 ? 'sell' : undefined;
}
