import { bookStateToCode, type BookState } from '../models/book-state.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { LinkStatus, RecordFlag, RecordKind } from '../models/record-layout.js';
import { RecordReader } from '../models/record-reader.js';
import { RecordWriter, type RecordFields } from '../models/record-writer.js';
import type { StubFeed, StubQuote } from './stub-data.js';

const LOCAL_BUY = 1610612736n;
const LOCAL_SELL = 1342177280n;

/** What is reported of a feed besides its own fields. */
export interface FeedTimes {
  readonly exchTsNs: bigint;
  readonly localTsNs: bigint;
}

/**
 * The stub's way into JavaScript: records wait here until a batch takes them, in the layout that
 * the native bot writes.
 */
export class StubRecords {
  readonly reader: RecordReader;
  private readonly writer: RecordWriter;
  private readonly monotonicNs: () => number;
  private waiting: RecordFields[] = [];
  private taken = 0;
  private seq = 0n;
  overflow = 0;

  constructor(capacity: number, monotonicNs: () => number) {
    this.writer = new RecordWriter(capacity);
    this.reader = new RecordReader(this.writer.bytes);
    this.monotonicNs = monotonicNs;
  }

  /** Records that no batch has taken yet. */
  get waitingCount(): number {
    return this.waiting.length - this.taken;
  }

  /** Records reported so far. */
  get total(): number {
    return Number(this.seq);
  }

  report(fields: RecordFields): void {
    const atNs = BigInt(Math.trunc(this.monotonicNs()));
    this.seq += 1n;
    this.waiting.push({ ...fields, seq: this.seq, sentMonoNs: atNs, recvMonoNs: atNs });
  }

  reportLinks(instruments: readonly InstrumentSpec[]): void {
    const seen = new Set<string>();
    for (const [asset, { connector }] of instruments.entries()) {
      if (seen.has(connector)) continue;
      seen.add(connector);
      this.report({ kind: RecordKind.Link, status: LinkStatus.Connected, asset });
    }
  }

  /** Nothing is reported when the state is the same as before. */
  reportBookState(asset: number, before: BookState, state: BookState): void {
    if (state === before) return;
    this.report({
      kind: RecordKind.BookState,
      asset,
      status: bookStateToCode(state),
      value: BigInt(bookStateToCode(before)),
    });
  }

  /** @param before - State of the book before the feed; `after`: with it. */
  reportFeed(feed: StubFeed, times: FeedTimes, before: BookState, after: BookState): void {
    const { asset, snapshot, depth, trade } = feed;
    const flags = RecordFlag.InBatch | (snapshot ? RecordFlag.Snapshot : 0);
    if (depth.length > 0) {
      this.report({ kind: RecordKind.BatchStart, asset });
      this.reportDepth(asset, depth, flags, times);
      this.report({ kind: RecordKind.BatchEnd, asset });
    }
    this.reportBookState(asset, before, after);
    if (snapshot) this.report({ kind: RecordKind.BookReady, asset });
    if (trade !== null) {
      const [side, px, qty] = trade;
      const buy = side === 'buy';
      const ev = (buy ? LOCAL_BUY : LOCAL_SELL) | 2n;
      this.report({ kind: RecordKind.Trade, asset, side: buy ? 1 : 2, px, qty, ev, ...times });
    }
  }

  reportDepth(asset: number, depth: readonly StubQuote[], flags: number, times: FeedTimes): void {
    for (const [side, px, qty] of depth) {
      const buy = side === 'buy';
      const ev = (buy ? LOCAL_BUY : LOCAL_SELL) | 1n;
      this.report({
        kind: RecordKind.Depth,
        asset,
        side: buy ? 1 : 2,
        flags,
        px,
        qty,
        ev,
        ...times,
      });
    }
  }

  /** Puts up to `max` waiting records into the batch and stands before the first. */
  take(max: number): RecordReader {
    this.writer.reset();
    while (this.writer.count < max) {
      const next = this.waiting[this.taken];
      if (next === undefined || !this.writer.write(next)) break;
      this.taken += 1;
    }
    if (this.taken === this.waiting.length) {
      this.waiting = [];
      this.taken = 0;
    }
    return this.reader.reset(0, this.writer.count);
  }

  /** As `take`, but what does not fit is dropped and counted, as the native bot does. */
  takeAll(): void {
    this.take(this.writer.capacity);
    this.overflow += this.waitingCount;
    this.waiting = [];
    this.taken = 0;
  }
}
