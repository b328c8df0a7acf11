import type { BookLevel } from '../models/book-level.js';

/** Changes of one book, or with `snapshot` the whole book; the same for every data source. Immutable. */
export interface DepthUpdate {
  readonly type: 'depth';
  /** Name of the connector it came from. */
  readonly source: string;
  readonly symbol: string;
  /** Exchange time, whole Unix ms, UTC; `new Date(timestampMs)` gives it as a date. */
  readonly timestampMs: number;
  /** Exchange time, Unix ns; `undefined` where the source knows whole ms only. */
  readonly timestampNs: bigint | undefined;
  /** When this process received it, Unix ms. */
  readonly receivedMs: number;
  /** Changed bids; `qty` 0: the level is gone. */
  readonly bids: readonly BookLevel[];
  /** Changed asks; `qty` 0: the level is gone. */
  readonly asks: readonly BookLevel[];
  /** The venue's number of the newest update, 0 where it gives none. */
  readonly lastUpdateId: number;
  /** True: forget the book before applying these levels. */
  readonly snapshot: boolean;
  /** How many updates were merged into this one because a queue was full; 1 when none were. */
  readonly merged: number;
}
