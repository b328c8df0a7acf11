import type { Side } from '../models/side.js';

/** One level: price and quantity; quantity 0: it is gone. */
export interface RecordedLevel {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
}

/** One trade. */
export interface RecordedTrade {
  /** The aggressor. */
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
}

/** What a file has become. */
export interface FinishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly trades: number;
  /** Level changes, the book at the beginning included. */
  readonly levels: number;
  /** What had to be changed for the file's format, in words; empty when nothing was. */
  readonly notes: readonly string[];
}

/**
 * A recording of one symbol in one file. What was flushed can be read after the process was
 * killed. The first levels given are the whole book, so that every file stands alone.
 */
export interface RecordingFile {
  /** Bytes so far, flushed or not. */
  readonly bytes: number;
  /** Level changes of one moment; `isBook` when they are the whole book. */
  depth(
    exchTsNs: bigint,
    localTsNs: bigint,
    levels: readonly RecordedLevel[],
    isBook: boolean,
  ): void;
  trade(exchTsNs: bigint, localTsNs: bigint, trade: RecordedTrade): void;
  /** Hands everything to the operating system. */
  flush(): void;
  /** Closes it after a failure, with what was flushed before. */
  abandon(): void;
  /** Flushes, brings the file into its final form and closes it. */
  finish(): FinishedFile;
}
