import type { Side } from './side.js';

/** A trade on the venue. Immutable. */
export interface Trade {
  readonly type: 'trade';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  readonly price: number;
  readonly qty: number;
  /** Side of the taker: `buy` took from the asks. */
  readonly side: Side;
  /** Exchange time, Unix ns. */
  readonly exchTsNs: bigint;
  /** When the connector received it, Unix ns. */
  readonly localTsNs: bigint;
  /** Exchange time, whole Unix ms. */
  readonly exchTsMs: number;
}

/** A trade of its parts; type and ms follow from them. */
export function makeTrade(parts: Omit<Trade, 'type' | 'exchTsMs'>): Trade {
  return Object.freeze({
    type: 'trade',
    ...parts,
    exchTsMs: Number(parts.exchTsNs / 1_000_000n),
  });
}
