import type { BookLevel } from '../models/book-level.js';
import type { BookState } from '../models/book-state.js';
import type { HftError } from '../models/hft-error.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { PriceQty } from './top-book.js';
import { TopBook } from './top-book.js';

/** What the client holds of one instrument on the main thread. */
export class InstrumentState {
  readonly asset: number;
  readonly spec: InstrumentSpec;
  readonly book = new TopBook();
  /** Signed; NaN while it is not known. */
  position = NaN;
  /** State of the bot's book, as it was reported last. */
  reportedState: BookState = 'disconnected';
  /** What the connector last complained about while there is no whole book, '' when nothing. */
  complaint = '';
  /** Why the connector refused the instrument itself; `undefined` while it did not. */
  refusal: HftError | undefined;
  /** Of the last level, Unix ns. */
  localTsNs = 0n;
  /** performance.now() of the last market data, NaN before the first. */
  lastEventMs = NaN;
  /** Levels of the batch that is being read; arrays exist only while `bookUpdate` has a listener. */
  bids: BookLevel[] = [];
  asks: BookLevel[] = [];
  /** Levels since the last batch edge, counted without a listener too. */
  pendingLevels = 0;
  pendingSnapshot = false;
  /** The next book batch starts a new book. */
  pendingReset = false;

  constructor(asset: number, spec: InstrumentSpec) {
    this.asset = asset;
    this.spec = spec;
  }

  /** Whether the book can be traded on: the bot's word, as far as the copy here is whole. */
  get bookState(): BookState {
    return this.reportedState === 'live' && !this.book.synced ? 'resyncing' : this.reportedState;
  }

  /** The best `levels` of each side. */
  snapshot(levels: number): DepthSnapshot {
    return Object.freeze({
      type: 'snapshot' as const,
      asset: this.asset,
      symbol: this.spec.symbol,
      bids: this.book.bids(levels).map(toLevel),
      asks: this.book.asks(levels).map(toLevel),
      exchTsNs: this.book.exchTsNs,
      localTsNs: this.localTsNs,
      state: this.bookState,
      synced: this.bookState === 'live',
    });
  }
}

function toLevel([price, qty]: PriceQty): BookLevel {
  return { price, qty };
}
