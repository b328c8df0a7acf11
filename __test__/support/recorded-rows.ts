import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { expect } from 'vitest';

import { ROW_BYTES } from '../../lib/npz/event-rows.js';
import { rowsOf } from '../../lib/npz/npy-header.js';

/** One row of hftbacktest's event array. */
export interface Row {
  readonly ev: bigint;
  readonly exch: bigint;
  readonly local: bigint;
  readonly px: number;
  readonly qty: number;
}

/** Rows of an event array as a file holds it, read by hand by numpy's layout. */
export function rowsIn(npy: Buffer): Row[] {
  expect(npy.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const start = 10 + npy.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const count = rowsOf(npy) ?? NaN;
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * ROW_BYTES;
    return {
      ev: npy.readBigUInt64LE(at),
      exch: npy.readBigInt64LE(at + 8),
      local: npy.readBigInt64LE(at + 16),
      px: npy.readDoubleLE(at + 24),
      qty: npy.readDoubleLE(at + 32),
    };
  });
}

/** The one array of an `.npz`. */
export function unpack(file: string): Row[] {
  const zip = readFileSync(file);
  const start = 30 + zip.readUInt16LE(26);
  const npy = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(18)));
  expect(npy.length).toBe(zip.readUInt32LE(22));
  return rowsIn(npy);
}

export function isTrade({ ev }: Row): boolean {
  return (ev & 0xffn) === 2n;
}
