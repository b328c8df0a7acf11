import type { BookLevel } from './book-level.js';

/** A book as it stands. Immutable. */
export interface DepthSnapshot {
  readonly type: 'snapshot';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Best first. */
  readonly bids: readonly BookLevel[];
  /** Best first. */
  readonly asks: readonly BookLevel[];
  /** Exchange time of the last feed event in it, Unix ns; 0n before the first. */
  readonly exchTsNs: bigint;
  /** When the connector received that event, Unix ns; 0n before the first. */
  readonly localTsNs: bigint;
  /** False after a loss until the connector has sent the whole book again. */
  readonly trusted: boolean;
}
