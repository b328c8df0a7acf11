import { ROW_BYTES } from './event-rows.js';

const DTYPE =
  "[('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')]";

/** Length of every header made here: it can be written anew in place when rows were added. */
export const HEADER_BYTES = 320;

/** The header of a `.npy` array of `rows` events; the data follows at a multiple of 64. */
export function npyHeader(rows: number): Buffer {
  const text = `{'descr': ${DTYPE}, 'fortran_order': False, 'shape': (${String(rows)},), }`;
  const header = Buffer.alloc(HEADER_BYTES, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(HEADER_BYTES - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', HEADER_BYTES - 1, 'latin1');
  return header;
}

/** Rows that a header made here reports; `undefined` when it is none. */
export function rowsOf(header: Buffer): number | undefined {
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, 6) !== '\x93NUMPY')
    return undefined;
  const match = /'shape': \((\d+),\)/.exec(header.toString('latin1', 10, HEADER_BYTES));
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** Bytes of a whole array. */
export function arrayBytes(rows: number): number {
  return HEADER_BYTES + rows * ROW_BYTES;
}
