import type { BookLevel } from './book-level.js';
import type { Side } from './side.js';

/** One level of a book changed. `qty` 0: the level is gone. Immutable. */
export interface LevelUpdate extends BookLevel {
  readonly type: 'level';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** `buy`: a bid, `sell`: an ask. */
  readonly side: Side;
  /** Exchange time, Unix ns. */
  readonly exchTsNs: bigint;
  /** When the connector received it, Unix ns. */
  readonly localTsNs: bigint;
  /** Exchange time, whole Unix ms. */
  readonly exchTsMs: number;
  /** True when it belongs to a snapshot that the bot asked for. */
  readonly snapshot: boolean;
}
