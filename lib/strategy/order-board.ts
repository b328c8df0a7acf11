import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderLeft } from '../models/order-left.js';

/** Open orders that have room; pages of the memory that are not written take none. */
const SLOTS = 4096;
const SLOT_WORDS = 8;
const SLOT_BYTES = 4 * SLOT_WORDS;
const HEAD_BYTES = SLOT_BYTES;

// Words of the head.
const UNNAMED = 0;

// A slot: odd sequence while it is written, flags and asset, id, price, quantity.
const SEQUENCE = 0;
const FLAGS = 1;
const ID = 1; // in 64 bits
const PRICE = 2;
const LEAVES = 3;

const USED = 1;
const SELL = 2;
const KNOWN = 4;
const ASSET_SHIFT = 8;

/** A slot that is written over and over is read this often, then its details count as not known. */
const READS = 1_000;

/** What a board says. */
export interface OrdersOnBoard {
  readonly orders: readonly OrderLeft[];
  /** Further open orders, which had no room. */
  readonly unnamed: number;
}

/**
 * The own orders of a strategy that may be open, in memory that another thread can read when the one
 * that writes does not answer any more. Written before an order is sent and with every report.
 */
export class OrderBoard {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #wide: BigUint64Array;
  readonly #floats: Float64Array;
  /** Slots by id, per instrument; -1 for an order without room. */
  readonly #slots = new Map<number, Map<bigint, number>>();
  readonly #free: number[] = [];
  #fresh = 0;
  #unnamed = 0;

  constructor(memory = new SharedArrayBuffer(HEAD_BYTES + SLOTS * SLOT_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#wide = new BigUint64Array(memory);
    this.#floats = new Float64Array(memory);
  }

  /** The order may be open. `isKnown` false: it is sent, and was not answered. */
  put(
    asset: number,
    orderId: bigint,
    isSell: boolean,
    price: number,
    leavesQty: number,
    isKnown: boolean,
  ): void {
    const ids = this.#slots.get(asset) ?? new Map<bigint, number>();
    this.#slots.set(asset, ids);
    let slot = ids.get(orderId);
    if (slot === undefined) {
      slot = this.#free.pop() ?? (this.#fresh < SLOTS ? this.#fresh++ : -1);
      ids.set(orderId, slot);
      if (slot < 0) this.#count(1);
    }
    if (slot < 0) return;
    const at = wordOf(slot);
    const flags = USED | (isSell ? SELL : 0) | (isKnown ? KNOWN : 0);
    this.#begin(at);
    this.#words[at + FLAGS] = flags | (asset << ASSET_SHIFT);
    this.#wide[at / 2 + ID] = orderId;
    this.#floats[at / 2 + PRICE] = price;
    this.#floats[at / 2 + LEAVES] = leavesQty;
    this.#end(at);
  }

  /** The order has ended, or was not sent. */
  drop(asset: number, orderId: bigint): void {
    const slot = this.#slots.get(asset)?.get(orderId);
    if (slot === undefined) return;
    this.#slots.get(asset)?.delete(orderId);
    if (slot < 0) {
      this.#count(-1);
      return;
    }
    const at = wordOf(slot);
    this.#begin(at);
    this.#words[at + FLAGS] = 0;
    this.#end(at);
    this.#free.push(slot);
  }

  /** True while the order is on the board. */
  has(asset: number, orderId: bigint): boolean {
    return this.#slots.get(asset)?.has(orderId) === true;
  }

  /** What stands there, by any thread; an order whose details were being written has NaN in their place. */
  read(instruments: readonly InstrumentSpec[]): OrdersOnBoard {
    const orders: OrderLeft[] = [];
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const order = this.#order(wordOf(slot), instruments);
      if (order !== undefined) orders.push(order);
    }
    orders.sort((a, b) => (BigInt(a.orderId) < BigInt(b.orderId) ? -1 : 1));
    return { orders, unnamed: Atomics.load(this.#words, UNNAMED) };
  }

  #order(at: number, instruments: readonly InstrumentSpec[]): OrderLeft | undefined {
    for (let turn = 0; ; turn += 1) {
      const before = Atomics.load(this.#words, at + SEQUENCE);
      const flags = this.#words[at + FLAGS] ?? 0;
      const orderId = String(this.#wide[at / 2 + ID]);
      const price = this.#floats[at / 2 + PRICE] ?? NaN;
      const leavesQty = this.#floats[at / 2 + LEAVES] ?? NaN;
      const isWhole = before % 2 === 0 && Atomics.load(this.#words, at + SEQUENCE) === before;
      if (!isWhole && turn < READS) continue;
      if ((flags & USED) === 0) return undefined;
      const symbol = instruments[flags >> ASSET_SHIFT]?.symbol ?? '';
      const side = (flags & SELL) === 0 ? 'buy' : 'sell';
      const details = isWhole ? { price, leavesQty } : { price: NaN, leavesQty: NaN };
      const known = (flags & KNOWN) !== 0;
      return Object.freeze({ symbol, orderId, side, ...details, known });
    }
  }

  #begin(at: number): void {
    Atomics.add(this.#words, at + SEQUENCE, 1);
  }

  #end(at: number): void {
    Atomics.add(this.#words, at + SEQUENCE, 1);
  }

  #count(more: number): void {
    this.#unnamed += more;
    Atomics.store(this.#words, UNNAMED, this.#unnamed);
  }
}

function wordOf(slot: number): number {
  return (HEAD_BYTES + slot * SLOT_BYTES) / 4;
}
