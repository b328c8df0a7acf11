import type { BookLevel } from './book-level.js';
import type { BookState } from './book-state.js';

/** A book as it stands. Immutable. */
export interface DepthSnapshot {
  readonly type: 'snapshot';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Best first, at most as many as were asked for. */
  readonly bids: readonly BookLevel[];
  /** Best first, at most as many as were asked for. */
  readonly asks: readonly BookLevel[];
  /** Exchange time of the last feed event in it, Unix ns; 0n before the first. */
  readonly exchTsNs: bigint;
  /** When the connector received that event, Unix ns; 0n before the first. */
  readonly localTsNs: bigint;
  /** Whether the book can be traded on, and why not. */
  readonly state: BookState;
  /** True while `state` is `live`. */
  readonly synced: boolean;
}
