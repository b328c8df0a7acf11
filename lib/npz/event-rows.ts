import type { Side } from '../models/side.js';

/** Bytes of one event in hftbacktest's arrays. */
export const ROW_BYTES = 64;

const DEPTH = 1n;
const TRADE = 2n;
/** Seen by the exchange and by the local side of a backtest. */
export const EXCH_EVENT = 1n << 31n;
export const LOCAL_EVENT = 1n << 30n;
const BUY = 1n << 29n;
const SELL = 1n << 28n;

/** Rows of hftbacktest's event array in the order they came, in memory that is used again. */
export class EventRows {
  #bytes: Buffer = Buffer.alloc(1024 * ROW_BYTES);
  #length = 0;

  /** Rows held. */
  get count(): number {
    return this.#length / ROW_BYTES;
  }

  /** The rows; valid until the next call of another method. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Adds a trade or, with quantity 0 for a level that is gone, a change of depth.
   *
   * @param exchTsNs - Exchange time, Unix ns.
   * @param localTsNs - When it was received, Unix ns.
   * @param side - Of the level; of a trade: the aggressor.
   */
  add(
    kind: 'trade' | 'depth',
    side: Side,
    exchTsNs: bigint,
    localTsNs: bigint,
    price: number,
    qty: number,
  ): void {
    if (this.#length === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    }
    const [row, at] = [this.#bytes, this.#length];
    const what = kind === 'trade' ? TRADE : DEPTH;
    row.writeBigUInt64LE(EXCH_EVENT | LOCAL_EVENT | what | (side === 'buy' ? BUY : SELL), at);
    row.writeBigInt64LE(exchTsNs, at + 8);
    row.writeBigInt64LE(localTsNs, at + 16);
    row.writeDoubleLE(price, at + 24);
    row.writeDoubleLE(qty, at + 32);
    row.fill(0, at + 40, at + ROW_BYTES);
    this.#length += ROW_BYTES;
  }

  /** Forgets the rows. */
  clear(): void {
    this.#length = 0;
  }
}
