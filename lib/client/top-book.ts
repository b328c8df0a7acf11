/** One price level as a pair, best price first in every list. */
export type PriceQty = readonly [px: number, qty: number];

/**
 * One side of a book, kept sorted so that the best level is last: changes happen near the best
 * price, so an insertion moves few entries.
 */
class BookSide {
  readonly #sign: 1 | -1;
  readonly px: number[] = [];
  readonly qty: number[] = [];

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  set(px: number, qty: number): void {
    let low = 0;
    let high = this.px.length;
    const key = px * this.#sign;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.px[middle] as number) * this.#sign < key) low = middle + 1;
      else high = middle;
    }
    const found = this.px[low] === px;
    if (qty > 0) {
      if (found) this.qty[low] = qty;
      else if (low === this.px.length) {
        this.px.push(px);
        this.qty.push(qty);
      } else {
        this.px.splice(low, 0, px);
        this.qty.splice(low, 0, qty);
      }
    } else if (found) {
      this.px.splice(low, 1);
      this.qty.splice(low, 1);
    }
  }

  /** Removes levels from the best on while they cross `px`, as the bot's own book does. */
  removeCrossing(px: number): void {
    const key = px * this.#sign;
    while (this.px.length > 0 && (this.px[this.px.length - 1] as number) * this.#sign >= key) {
      this.px.pop();
      this.qty.pop();
    }
  }

  /** Removes the levels furthest from the best, a batch at a time. */
  trim(levels: number): void {
    if (this.px.length < levels * 2) return;
    this.px.splice(0, this.px.length - levels);
    this.qty.splice(0, this.qty.length - levels);
  }

  clear(): void {
    this.px.length = 0;
    this.qty.length = 0;
  }

  top(levels: number): PriceQty[] {
    const out: PriceQty[] = [];
    for (let i = this.px.length - 1; i >= 0 && out.length < levels; i -= 1) {
      out.push([this.px[i] as number, this.qty[i] as number]);
    }
    return out;
  }
}

/**
 * The book of one instrument on the main thread, built from level changes. Prices come from the
 * same tick grid, so equal levels have equal doubles.
 */
export class TopBook {
  readonly #bids = new BookSide(1);
  readonly #asks = new BookSide(-1);
  /** False until the first snapshot and from a loss until the next. */
  synced = false;
  /** Exchange time of the last change, Unix ns; 0n before the first. */
  exchTsNs = 0n;

  /** Applies one level; `qty` 0 deletes it. A new best removes what it crosses on the other side. */
  apply(isBid: boolean, px: number, qty: number): void {
    if (isBid) {
      this.#bids.set(px, qty);
      if (qty > 0) this.#asks.removeCrossing(px);
    } else {
      this.#asks.set(px, qty);
      if (qty > 0) this.#bids.removeCrossing(px);
    }
  }

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.synced = false;
  }

  /** Bounds each side: beyond twice `levels` the furthest go, down to `levels`. */
  trim(levels: number): void {
    this.#bids.trim(levels);
    this.#asks.trim(levels);
  }

  /** Best bid price, `undefined` on an empty side. */
  get bestBid(): number | undefined {
    return this.#bids.px.at(-1);
  }

  /** Best ask price, `undefined` on an empty side. */
  get bestAsk(): number | undefined {
    return this.#asks.px.at(-1);
  }

  get bidLevels(): number {
    return this.#bids.px.length;
  }

  get askLevels(): number {
    return this.#asks.px.length;
  }

  bids(levels: number): PriceQty[] {
    return this.#bids.top(levels);
  }

  asks(levels: number): PriceQty[] {
    return this.#asks.top(levels);
  }
}
