import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { asError } from '../models/as-error.js';
import { errorText } from '../models/error-text.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { BookMemory } from './book-memory.js';
import { CollectorRecording } from './collector-recording.js';
import { NpzRecording, packNpy } from './npz-recording.js';
import type {
  FinishedFile,
  RecordedLevel,
  RecordedTrade,
  RecordingFile,
} from './recording-file.js';

/** A time of receipt that is earlier than one before it by more than this: the clock was set back. */
const SET_BACK_NS = 1_000_000_000n;

/** Options of a `Recorder`. */
export interface RecorderOptions {
  /** Made when it is not there. */
  readonly folder: string;
  readonly symbol: string;
  readonly tickSize: number;
  readonly lotSize: number;
  /**
   * `npz`: hftbacktest's event array. `gz`: the text of its collector. `both`: a file of each, of the same name
   * but for its ending. Default `npz`.
   */
  readonly format?: 'npz' | 'gz' | 'both';
  /** A new file after so long. Default 3 600 000: an hour. */
  readonly rotateMs?: number;
  /** A new file after so many bytes before packing, of the larger one with `both`. Default 512 MiB, at most 1.5 GiB. */
  readonly rotateBytes?: number;
  /** How long an event may stay in memory only. Default 1 000. */
  readonly flushMs?: number;
  /** Called with each file that is finished. */
  readonly onFile?: (file: FinishedFile) => void;
  /**
   * Called once when the recorder ends because the file system failed: what was flushed is kept, and
   * nothing is recorded any more. Default: `process.emitWarning`.
   */
  readonly onError?: (error: Error) => void;
}

/** Part of a file's name. Dated futures have a sign in theirs, some symbols letters beyond ASCII. */
const SYMBOL = /^[\p{L}\p{M}\p{N}_.-]+$/u;

/** A recording that was not finished: `SYMBOL_YYYYMMDD-HHMMSS.npy`. */
const UNFINISHED = /^[\p{L}\p{M}\p{N}_.-]+_\d{8}-\d{6}(-\d+)?\.npy$/u;

const KEYS = knownKeys<RecorderOptions>({
  folder: true,
  symbol: true,
  tickSize: true,
  lotSize: true,
  format: true,
  rotateMs: true,
  rotateBytes: true,
  flushMs: true,
  onFile: true,
  onError: true,
});

/** What was recorded so far. */
export interface RecorderHealth {
  readonly trades: number;
  readonly levels: number;
  readonly files: readonly FinishedFile[];
  /** Changes before the first whole book: they cannot be placed and are not recorded. */
  readonly skipped: number;
  /** How often the clock was set back by more than a second: each time a new file began. */
  readonly clockSetBack: number;
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
  /** One, or with `both` two that hold the same; none before the first event. */
  #open: readonly RecordingFile[] = [];
  #openedMs = 0;
  #hasBook = false;
  #closed = false;
  #trades = 0;
  #levels = 0;
  #skipped = 0;
  #lastLocalNs: bigint | undefined;
  #setBack = 0;
  #failure = '';

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: RecorderOptions) {
    checkKeys(options, KEYS, '');
    const { onFile, onError, ...rest } = options;
    this.#options = {
      format: 'npz',
      rotateMs: 3_600_000,
      rotateBytes: 512 * 2 ** 20,
      flushMs: 1_000,
      ...rest,
    };
    check(SYMBOL.test(options.symbol), 'symbol', options.symbol);
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
      this.#guarded(() => {
        for (const file of this.#open) file.flush();
      });
    }, this.#options.flushMs).unref();
  }

  /** Trades, levels and files so far. */
  get health(): RecorderHealth {
    return {
      trades: this.#trades,
      levels: this.#levels,
      files: [...this.#files],
      skipped: this.#skipped,
      clockSetBack: this.#setBack,
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
      const files = this.#current(exchTsNs, localTsNs);
      let changes = levels;
      if (isBook) {
        this.#hasBook = true;
        changes = this.#book.replace(levels);
      } else this.#book.apply(levels);
      for (const file of files) file.depth(exchTsNs, localTsNs, changes, isBook);
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
      for (const file of this.#current(exchTsNs, localTsNs)) file.trade(exchTsNs, localTsNs, trade);
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
      const files = this.#open;
      this.#closed = true;
      this.#open = [];
      clearInterval(this.#timer);
      const reason = asError(error);
      this.#failure = reason.message;
      for (const file of files) {
        try {
          file.abandon();
        } catch {
          // The first failure is the one to report.
        }
      }
      this.#onError(reason);
    }
  }

  #current(exchTsNs: bigint, localTsNs: bigint): readonly RecordingFile[] {
    const { rotateMs, rotateBytes } = this.#options;
    const isFull =
      this.#open.length > 0 &&
      (this.#open.some(({ bytes }) => bytes >= rotateBytes) ||
        performance.now() - this.#openedMs >= rotateMs);
    const backNs = (this.#lastLocalNs ?? localTsNs) - localTsNs;
    this.#lastLocalNs = localTsNs;
    if (backNs > SET_BACK_NS) {
      this.#setBack += 1;
      this.#finish(
        `the clock was set back by ${String(backNs)} ns: what follows is in the next file`,
      );
    } else if (isFull) this.#finish();
    if (this.#open.length === 0) {
      this.#open = this.#begin();
      this.#openedMs = performance.now();
      if (!this.#book.isEmpty)
        for (const file of this.#open) file.depth(exchTsNs, localTsNs, this.#book.levels(), true);
    }
    return this.#open;
  }

  #begin(): readonly RecordingFile[] {
    const { folder, symbol, tickSize, lotSize, format } = this.#options;
    const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `-${String(number)}`;
      const name = `${symbol}_${time}${suffix}`;
      // Two recordings of one second get a number each.
      if (readdirSync(folder).some((file) => file.startsWith(`${name}.`))) continue;
      const stem = join(folder, name);
      return [
        ...(format === 'gz' ? [] : [new NpzRecording(stem)]),
        ...(format === 'npz' ? [] : [new CollectorRecording(stem, { symbol, tickSize, lotSize })]),
      ];
    }
  }

  #finish(note?: string): void {
    const files = this.#open;
    this.#open = [];
    for (const finishing of files) {
      const finished = finishing.finish();
      const file =
        note === undefined ? finished : { ...finished, notes: [...finished.notes, note] };
      this.#files.push(file);
      try {
        this.#onFile(file);
      } catch (error) {
        // The file is there; the recording goes on.
        this.#onError(asError(error));
      }
    }
  }
}

/**
 * Brings the files of a folder that a killed recorder left unfinished (`.npy`) into their final
 * form. What was flushed is all there; a `.gz` needs nothing. A file that cannot be finished stays as
 * it is and keeps none of the others from it.
 *
 * @param onFile - Called with each file as soon as it is finished.
 * @returns The files that were finished, when all were.
 * @throws HftError `ERR_INVALID_DATA` at the end, naming each file that could not be finished and why.
 */
export function recoverRecordings(
  folder: string,
  onFile: (file: FinishedFile) => void = (): void => undefined,
): FinishedFile[] {
  const files: FinishedFile[] = [];
  const failures: string[] = [];
  const names = readdirSync(folder).filter((name) => UNFINISHED.test(name));
  for (const name of names.sort()) {
    const npy = join(folder, name);
    let file: FinishedFile;
    try {
      file = packNpy(npy, npy.replace(/\.npy$/, '.npz'));
    } catch (error) {
      const words = errorText(error);
      failures.push(error instanceof HftError ? words : `${npy}: ${words}.`);
      continue;
    }
    files.push(file);
    onFile(file);
  }
  if (failures.length > 0)
    throw new HftError(
      'ERR_INVALID_DATA',
      `${String(failures.length)} of ${String(names.length)} files could not be finished. ${failures.join(' ')}`,
      { remedy: 'They are as they were; the others are finished. Move them away or delete them.' },
    );
  return files;
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
