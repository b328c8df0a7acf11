import { closeSync, fsyncSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import type {
  FinishedFile,
  RecordedLevel,
  RecordedTrade,
  RecordingFile,
} from './recording-file.js';
import { writeAll } from './write-all.js';

/** Nothing larger is held in memory before it is written. */
const BUFFER_BYTES = 4 * 2 ** 20;

/** How prices and quantities are written. */
export interface CollectorFormat {
  readonly symbol: string;
  readonly tickSize: number;
  readonly lotSize: number;
}

/**
 * The text of hftbacktest's collector: lines of `receive time in ns, {json}`, in the shape of
 * Binance USD-M futures, whole snapshots as the REST answer. Every flush is a gzip member of its
 * own, written at once: what was flushed can be read after the process was killed. Exchange times
 * are whole milliseconds in this format.
 */
export class CollectorRecording implements RecordingFile {
  readonly #path: string;
  readonly #handle: number;
  readonly #symbol: string;
  readonly #stream: string;
  readonly #digits: { readonly price: number; readonly qty: number };
  #lines: string[] = [];
  #waiting = 0;
  #written = 0;
  #isOpen = true;
  #id = 0;
  #trades = 0;
  #levels = 0;

  /**
   * @param stem - Path without its ending.
   * @throws Error of the file system, also when the file exists.
   */
  constructor(stem: string, format: CollectorFormat) {
    this.#path = `${stem}.gz`;
    this.#handle = openSync(this.#path, 'wx');
    this.#symbol = format.symbol;
    this.#stream = format.symbol.toLowerCase();
    this.#digits = { price: digitsOf(format.tickSize), qty: digitsOf(format.lotSize) };
  }

  get bytes(): number {
    return this.#written + this.#waiting;
  }

  depth(
    exchTsNs: bigint,
    localTsNs: bigint,
    levels: readonly RecordedLevel[],
    isBook: boolean,
  ): void {
    this.#levels += levels.length;
    const before = this.#id;
    this.#id += 1;
    const of = (side: 'buy' | 'sell'): [string, string][] =>
      levels
        .filter((level) => level.side === side && !(isBook && level.qty === 0))
        .map(({ price, qty }) => [
          decimal(price, this.#digits.price),
          decimal(qty, this.#digits.qty),
        ]);
    const [bids, asks, ms] = [of('buy'), of('sell'), Number(exchTsNs / 1_000_000n)];
    this.#line(
      localTsNs,
      isBook
        ? { lastUpdateId: this.#id, E: ms, T: ms, bids, asks }
        : this.#message('depth@0ms', {
            ...{ e: 'depthUpdate', E: ms, T: ms, s: this.#symbol },
            ...{ U: this.#id, u: this.#id, pu: before, b: bids, a: asks },
          }),
    );
  }

  trade(exchTsNs: bigint, localTsNs: bigint, { side, price, qty }: RecordedTrade): void {
    this.#trades += 1;
    const ms = Number(exchTsNs / 1_000_000n);
    const values = {
      p: decimal(price, this.#digits.price),
      q: decimal(qty, this.#digits.qty),
    };
    this.#line(
      localTsNs,
      this.#message('trade', {
        ...{ e: 'trade', E: ms, T: ms, s: this.#symbol, t: this.#trades },
        ...{ ...values, X: 'MARKET', m: side === 'sell' },
      }),
    );
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const member = gzipSync(this.#lines.join(''));
    writeAll(this.#handle, member, this.#written);
    this.#written += member.length;
    this.#lines = [];
    this.#waiting = 0;
  }

  abandon(): void {
    // Half a member would make the whole file look damaged.
    if (this.#isOpen) ftruncateSync(this.#handle, this.#written);
    this.#close();
  }

  finish(): FinishedFile {
    this.flush();
    fsyncSync(this.#handle);
    this.#close();
    return {
      path: this.#path,
      bytes: statSync(this.#path).size,
      trades: this.#trades,
      levels: this.#levels,
      notes: [],
    };
  }

  /** Once: the number may be another file's by the second time. */
  #close(): void {
    if (this.#isOpen) closeSync(this.#handle);
    this.#isOpen = false;
  }

  #message(stream: string, data: object): object {
    return { stream: `${this.#stream}@${stream}`, data };
  }

  #line(localTsNs: bigint, value: object): void {
    const line = `${String(localTsNs)} ${JSON.stringify(value)}\n`;
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting >= BUFFER_BYTES) this.flush();
  }
}

/** Decimal digits that a step size needs: 0.001 has 3. */
function digitsOf(step: number): number {
  const text = step.toFixed(12).replace(/0+$/, '');
  return text.length - text.indexOf('.') - 1;
}

/** A value in at least so many decimal digits; a quantity finer than the lot has more. */
function decimal(value: number, digits: number): string {
  // The digits behind the fifteenth are the float's, not the venue's.
  const [mantissa = '', exponent = '0'] = String(Number(value.toPrecision(15))).split('e');
  const own = (mantissa.split('.')[1] ?? '').length - Number(exponent);
  return value.toFixed(Math.min(Math.max(digits, own), 12));
}
