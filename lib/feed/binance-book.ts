import type { RawLevel } from './raw-event.js';

/** A change of a book as Binance numbers it: everything after `from` up to `to`. */
export interface BinanceDiff {
  /** `pu` on USD-M, `U - 1` on spot. */
  readonly from: number;
  /** `u`. */
  readonly to: number;
  readonly timestampMs: number;
  readonly bids: readonly RawLevel[];
  readonly asks: readonly RawLevel[];
}

/** A book as the REST endpoint reports it. */
export interface BinanceSnapshot {
  readonly lastUpdateId: number;
  /** `undefined` on spot, which reports no time. */
  readonly timestampMs: number | undefined;
  readonly bids: readonly RawLevel[];
  readonly asks: readonly RawLevel[];
}

/** What came of a diff: applied, seen before, kept for the snapshot, or after a hole. */
export type DiffResult = 'apply' | 'old' | 'wait' | 'gap';

/** Diffs that wait for a snapshot; more than any snapshot takes to come. */
const WAITING_MAX = 10_000;

/**
 * Follows the numbers of one book: diffs wait for a snapshot, those it already holds are dropped,
 * and each must go on where the last one ended.
 */
export class BinanceBook {
  #waiting: BinanceDiff[] = [];
  #last: number | undefined;

  /** False while a snapshot is needed. */
  get synced(): boolean {
    return this.#last !== undefined;
  }

  /** `apply`: pass it on. `gap`: something is missing; a new snapshot is needed. */
  onDiff(diff: BinanceDiff): DiffResult {
    if (this.#last === undefined) {
      // Those that are dropped here are older than any snapshot still to come.
      if (this.#waiting.length >= WAITING_MAX) this.#waiting = this.#waiting.slice(1_000);
      this.#waiting.push(diff);
      return 'wait';
    }
    if (diff.to <= this.#last) return 'old';
    if (diff.from > this.#last) {
      this.reset();
      this.#waiting.push(diff);
      return 'gap';
    }
    this.#last = diff.to;
    return 'apply';
  }

  /**
   * @returns The diffs that follow the snapshot; `undefined` when it is older than what waits, so
   * that a newer one is needed.
   */
  onSnapshot(snapshot: BinanceSnapshot): BinanceDiff[] | undefined {
    let last = snapshot.lastUpdateId;
    const following: BinanceDiff[] = [];
    for (const diff of this.#waiting) {
      if (diff.to <= last) continue;
      if (diff.from > last) {
        // A hole among the diffs themselves: what is before it is of no use any more.
        this.#waiting = this.#waiting.filter(({ to }) => to > last);
        return undefined;
      }
      following.push(diff);
      last = diff.to;
    }
    this.#waiting = [];
    this.#last = last;
    return following;
  }

  /** A snapshot is needed again. */
  reset(): void {
    this.#last = undefined;
    this.#waiting = [];
  }
}
