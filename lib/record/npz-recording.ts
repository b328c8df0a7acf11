import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';

import { HftError } from '../models/hft-error.js';
import { EventRows, ROW_BYTES } from '../npz/event-rows.js';
import { HEADER_BYTES, arrayBytes, npyHeader, rowsOf } from '../npz/npy-header.js';
import { writeNpz } from '../npz/npz-file.js';
import { MonotoneClock } from './monotone-clock.js';
import { orderRows } from './order-rows.js';
import type {
  FinishedFile,
  RecordedLevel,
  RecordedTrade,
  RecordingFile,
} from './recording-file.js';
import { writeAll } from './write-all.js';

/** Nothing larger is held in memory before it is written. */
const BUFFER_ROWS = 16_384;

/**
 * hftbacktest's event array. While it is written it is a `.npy` whose header is brought up to date
 * after each flush: hftbacktest, numpy and the replay connector load it at any time, also after the
 * process was killed. `finish` puts the rows in the order that a backtest wants and packs them into
 * the `.npz` of the same name.
 */
export class NpzRecording implements RecordingFile {
  readonly #npy: string;
  readonly #npz: string;
  readonly #handle: number;
  readonly #rows = new EventRows();
  readonly #clock = new MonotoneClock();
  #written = 0;
  #isOpen = true;

  /**
   * @param stem - Path without its ending.
   * @throws Error of the file system, also when the file exists.
   */
  constructor(stem: string) {
    this.#npy = `${stem}.npy`;
    this.#npz = `${stem}.npz`;
    this.#handle = openSync(this.#npy, 'wx');
    writeAll(this.#handle, npyHeader(0), 0);
  }

  get bytes(): number {
    return arrayBytes(this.#written + this.#rows.count);
  }

  depth(exchTsNs: bigint, localTsNs: bigint, levels: readonly RecordedLevel[]): void {
    const localNs = this.#clock.next(localTsNs);
    for (const { side, price, qty } of levels) {
      this.#rows.add('depth', side, exchTsNs, localNs, price, qty);
    }
    if (this.#rows.count >= BUFFER_ROWS) this.flush();
  }

  trade(exchTsNs: bigint, localTsNs: bigint, { side, price, qty }: RecordedTrade): void {
    this.#rows.add('trade', side, exchTsNs, this.#clock.next(localTsNs), price, qty);
    if (this.#rows.count >= BUFFER_ROWS) this.flush();
  }

  flush(): void {
    const { count, bytes } = this.#rows;
    if (count === 0) return;
    writeAll(this.#handle, bytes, arrayBytes(this.#written));
    this.#written += count;
    this.#rows.clear();
    // The rows are there before the header says so.
    writeAll(this.#handle, npyHeader(this.#written), 0);
  }

  abandon(): void {
    this.#close();
  }

  finish(): FinishedFile {
    this.flush();
    fsyncSync(this.#handle);
    this.#close();
    const packed = packNpy(this.#npy, this.#npz);
    return { ...packed, notes: [...this.#clock.notes(), ...packed.notes] };
  }

  /** Once: the number may be another file's by the second time. */
  #close(): void {
    if (this.#isOpen) closeSync(this.#handle);
    this.#isOpen = false;
  }
}

/**
 * Turns a `.npy` that a recording left, finished or not, into the `.npz` of the same name, and
 * removes it.
 *
 * @throws HftError `ERR_INVALID_DATA` when it is no such file.
 */
export function packNpy(npy: string, npz: string): FinishedFile {
  const whole = readFileSync(npy);
  const rowsInHeader = rowsOf(whole);
  if (rowsInHeader === undefined) {
    throw new HftError('ERR_INVALID_DATA', `${npy} is no recording of this package.`, {
      remedy: 'Move it away, and recover the others.',
    });
  }
  const there = Math.floor((whole.length - HEADER_BYTES) / ROW_BYTES);
  const data = whole.subarray(HEADER_BYTES, arrayBytes(Math.min(rowsInHeader, there)));
  const { rows, split, localShiftNs } = orderRows(data);
  writeNpz(npz, rows);
  rmSync(npy);
  const notes: string[] = [];
  if (split > 0)
    notes.push(`${String(split)} rows came in another order than the exchange's: each is two now`);
  if (localShiftNs > 0n)
    notes.push(
      `local times are ${String(localShiftNs)} ns later: the clocks made a latency negative`,
    );
  const trades = countTrades(data);
  return {
    path: npz,
    bytes: statSync(npz).size,
    trades,
    levels: data.length / ROW_BYTES - trades,
    notes,
  };
}

function countTrades(rows: Buffer): number {
  let trades = 0;
  // The kind is the lowest byte: 2 is a trade.
  for (let at = 0; at < rows.length; at += ROW_BYTES) if (rows[at] === 2) trades += 1;
  return trades;
}
