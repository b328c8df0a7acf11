import { EXCH_EVENT, LOCAL_EVENT, ROW_BYTES } from '../npz/event-rows.js';

/** What had to be changed so that a backtest accepts the rows. */
export interface OrderedRows {
  readonly rows: Buffer;
  /** Rows that one side saw in another order than the other: each became two. */
  readonly split: number;
  /** Added to every local time, ns: 0n unless a clock difference made a latency negative. */
  readonly localShiftNs: bigint;
}

/**
 * Rows in the order that hftbacktest wants: local times never fall, exchange times never fall among
 * rows the exchange sees, no latency is negative. Where the two orders differ (trades and depth come
 * on several streams), a row is split into one for the exchange and one for the local side.
 */
export function orderRows(bytes: Buffer): OrderedRows {
  const count = Math.floor(bytes.length / ROW_BYTES);
  const exch = (row: number): bigint => bytes.readBigInt64LE(row * ROW_BYTES + 8);
  const local = (row: number): bigint => bytes.readBigInt64LE(row * ROW_BYTES + 16);
  const byExch = Array.from({ length: count }, (_, row) => row);
  const byLocal = [...byExch].sort((a, b) => compare(local(a), local(b)) || a - b);
  byExch.sort((a, b) => compare(exch(a), exch(b)) || a - b);
  let least = 0n;
  for (let row = 0; row < count; row += 1) {
    const latency = local(row) - exch(row);
    if (latency < least) least = latency;
  }

  const out: Buffer[] = [];
  const push = (row: number, side: bigint): void => {
    const copy = Buffer.from(bytes.subarray(row * ROW_BYTES, (row + 1) * ROW_BYTES));
    const flags = copy.readBigUInt64LE(0) & ~(EXCH_EVENT | LOCAL_EVENT);
    copy.writeBigUInt64LE(flags | side, 0);
    copy.writeBigInt64LE(copy.readBigInt64LE(16) - least, 16);
    out.push(copy);
  };
  const isOut = new Uint8Array(count);
  let next = 0;
  let split = 0;
  for (const row of byLocal) {
    if (isOut[row] === 1) {
      push(row, LOCAL_EVENT);
      continue;
    }
    // Everything that the exchange saw before this row comes before it.
    for (; byExch[next] !== row; next += 1) {
      const earlier = byExch[next] ?? 0;
      push(earlier, EXCH_EVENT);
      isOut[earlier] = 1;
      split += 1;
    }
    push(row, EXCH_EVENT | LOCAL_EVENT);
    isOut[row] = 1;
    next += 1;
  }
  return { rows: Buffer.concat(out), split, localShiftNs: -least };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
