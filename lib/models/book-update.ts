import type { BookLevel } from './book-level.js';

/** What changed in one book at once: the levels of one batch of the connector. Immutable. */
export interface BookUpdate {
  readonly type: 'bookUpdate';
  /** Index of the instrument in the client. */
  readonly asset: number;
  readonly symbol: string;
  /** Changed bids in the order they were reported; `qty` 0: the level is gone. */
  readonly bids: readonly BookLevel[];
  /** Changed asks in the order they were reported. */
  readonly asks: readonly BookLevel[];
  /** True: forget the book before applying these levels (first batch after a loss or restart). */
  readonly reset: boolean;
  /** True when it belongs to a snapshot. */
  readonly snapshot: boolean;
  /** How many batches were merged into this one because the queue was full; 1 when none were. */
  readonly merged: number;
  /** Exchange time of the last level, Unix ns. */
  readonly exchTsNs: bigint;
  /** When the connector received the last level, Unix ns. */
  readonly localTsNs: bigint;
}
