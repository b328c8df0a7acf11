import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { HftError } from '../models/hft-error.js';
import { BookMemory } from './book-memory.js';
import { CollectorRecording } from './collector-recording.js';
import { NpzRecording, packNpy } from './npz-recording.js';
import type {
  FinishedFile,
  RecordedLevel,
  RecordedTrade,
  RecordingFile,
} from './recording-file.js';

/** Options of a `Recorder`. */
export interface RecorderOptions {
  /** Made when it is not there. */
  readonly folder: string;
  readonly symbol: string;
  readonly tickSize: number;
  readonly lotSize: number;
  /** `npz`: hftbacktest's event array. `gz`: the text of its collector. Default `npz`. */
  readonly format?: 'npz' | 'gz';
  /** A new file after so long. Default 3 600 000: an hour. */
  readonly rotateMs?: number;
  /** A new file after so many bytes before packing. Default 512 MiB, at most 1.5 GiB. */
  readonly rotateBytes?: number;
  /** How long an event may stay in memory only. Default 1 000. */
  readonly flushMs?: number;
  /** Told of each file that is finished. */
  readonly onFile?: (file: FinishedFile) => void;
  /**
   * Told once when the recorder ends because the file system failed: what was flushed is kept, and
   * nothing is recorded any more. Default: `process.emitWarning`.
   */
  readonly onError?: (error: Error) => void;
}

/** What was recorded so far. */
export interface RecorderHealth {
  readonly trades: number;
  readonly levels: number;
  readonly files: readonly FinishedFile[];
  /** Changes before the first whole book: they cannot be placed and are not recorded. */
  readonly skipped: number;
  /** Why the recorder ended by itself, '' while it did not. */
  readonly failure: string;
}

/**
 * Records one symbol into files that rotate. Each file begins with the whole book and stands alone;
 * an event is in exactly one of them. Files are named `SYMBOL_YYYYMMDD-HHMMSS`, in UTC.
 */
export class Recorder {
  readonly #options: Required<Omit<RecorderOptions, 'onFile' | 'onError'>>;
  readonly #onFile: (file: FinishedFile) => void;
  readonly #onError: (error: Error) => void;
  readonly #book = new BookMemory();
  readonly #files: FinishedFile[] = [];
  readonly #timer: NodeJS.Timeout;
  #file: RecordingFile | undefined;
  #openedMs = 0;
  #hasBook = false;
  #closed = false;
  #trades = 0;
  #levels = 0;
  #skipped = 0;
  #failure = '';

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: RecorderOptions) {
    const { onFile, onError, ...rest } = options;
    this.#options = {
      format: 'npz',
      rotateMs: 3_600_000,
      rotateBytes: 512 * 2 ** 20,
      flushMs: 1_000,
      ...rest,
    };
    check(/^[A-Za-z0-9_.-]+$/.test(options.symbol), 'symbol', options.symbol);
    check(options.tickSize > 0, 'tickSize', options.tickSize);
    check(options.lotSize > 0, 'lotSize', options.lotSize);
    check(this.#options.rotateMs >= 1_000, 'rotateMs', this.#options.rotateMs);
    const bytes = this.#options.rotateBytes;
    check(bytes >= 4096 && bytes <= 1.5 * 2 ** 30, 'rotateBytes', bytes);
    check(this.#options.flushMs >= 1, 'flushMs', this.#options.flushMs);
    this.#onFile = onFile ?? ((): void => undefined);
    this.#onError = onError ?? warn;
    mkdirSync(options.folder, { recursive: true });
    this.#timer = setInterval(() => {
      this.#guarded(() => this.#file?.flush());
    }, this.#options.flushMs).unref();
  }

  /** Trades, levels and files so far. */
  get health(): RecorderHealth {
    return {
      trades: this.#trades,
      levels: this.#levels,
      files: [...this.#files],
      skipped: this.#skipped,
      failure: this.#failure,
    };
  }

  /**
   * Records changes of levels that belong together.
   *
   * @param exchTsNs - Exchange time, Unix ns.
   * @param localTsNs - When it was received, Unix ns.
   * @param isBook - True: these levels are the whole book, whatever there was before.
   */
  depth(
    exchTsNs: bigint,
    localTsNs: bigint,
    levels: readonly RecordedLevel[],
    isBook: boolean,
  ): void {
    if (this.#closed) return;
    if (!isBook && !this.#hasBook) {
      this.#skipped += levels.length;
      return;
    }
    this.#guarded(() => {
      const file = this.#current(exchTsNs, localTsNs);
      if (isBook) {
        this.#hasBook = true;
        file.depth(exchTsNs, localTsNs, this.#book.replace(levels), true);
      } else {
        this.#book.apply(levels);
        file.depth(exchTsNs, localTsNs, levels, false);
      }
      this.#levels += levels.length;
    });
  }

  /** Records a trade. */
  trade(exchTsNs: bigint, localTsNs: bigint, trade: RecordedTrade): void {
    if (this.#closed) return;
    if (!this.#hasBook) {
      this.#skipped += 1;
      return;
    }
    this.#guarded(() => {
      this.#current(exchTsNs, localTsNs).trade(exchTsNs, localTsNs, trade);
      this.#trades += 1;
    });
  }

  /** Finishes the file. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#guarded(() => {
      this.#finish();
    });
  }

  /** A full disk ends the recording, not the program that trades beside it. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      const file = this.#file;
      this.#closed = true;
      this.#file = undefined;
      clearInterval(this.#timer);
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#failure = reason.message;
      try {
        file?.abandon();
      } catch {
        // The first failure is the one to tell.
      }
      this.#onError(reason);
    }
  }

  #current(exchTsNs: bigint, localTsNs: bigint): RecordingFile {
    const { rotateMs, rotateBytes } = this.#options;
    const isFull =
      this.#file !== undefined &&
      (this.#file.bytes >= rotateBytes || Date.now() - this.#openedMs >= rotateMs);
    if (isFull) this.#finish();
    if (this.#file === undefined) {
      this.#file = this.#open();
      this.#openedMs = Date.now();
      if (!this.#book.isEmpty) this.#file.depth(exchTsNs, localTsNs, this.#book.levels(), true);
    }
    return this.#file;
  }

  #open(): RecordingFile {
    const { folder, symbol, tickSize, lotSize, format } = this.#options;
    const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `-${String(number)}`;
      const name = `${symbol}_${time}${suffix}`;
      // Two files of one second get a number each.
      if (readdirSync(folder).some((file) => file.startsWith(`${name}.`))) continue;
      const stem = join(folder, name);
      return format === 'npz'
        ? new NpzRecording(stem)
        : new CollectorRecording(stem, { symbol, tickSize, lotSize });
    }
  }

  #finish(): void {
    const file = this.#file?.finish();
    this.#file = undefined;
    if (file === undefined) return;
    this.#files.push(file);
    try {
      this.#onFile(file);
    } catch (error) {
      // The file is there; the recording goes on.
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/**
 * Brings the files of a folder that a killed recorder left unfinished (`.npy`) into their final
 * form. What was flushed is all there; a `.gz` needs nothing.
 *
 * @throws HftError `ERR_INVALID_DATA` when a `.npy` in it is not a recording of this package.
 */
export function recoverRecordings(folder: string): FinishedFile[] {
  return readdirSync(folder)
    .filter((name) => /^[A-Za-z0-9_.-]+_\d{8}-\d{6}(-\d+)?\.npy$/.test(name))
    .sort()
    .map((name) => join(folder, name))
    .map((npy) => packNpy(npy, npy.replace(/\.npy$/, '.npz')));
}

function warn(error: Error): void {
  process.emitWarning(`the recording ended: ${error.message}`, {
    code: 'HFTBACKTEST_LIVE_RECORDING',
    detail: 'What was flushed is kept. Make room, then begin a new recording.',
  });
}

function check(holds: boolean, name: string, value: unknown): void {
  if (!holds)
    throw new HftError('ERR_INVALID_ARGUMENT', `${name}: ${String(value)} cannot be used.`);
}
