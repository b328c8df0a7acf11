/** Trades of one second: Unix seconds, prices of first, highest, lowest and last, and their quantity. */
export type Candle = readonly [
  second: number,
  open: number,
  high: number,
  low: number,
  close: number,
  qty: number,
];

/**
 * Candles of one second, of the last minutes of trades. A second without a trade has none. The time is that
 * of this machine, at which the trade was heard of: venues' clocks differ, and a replay's is in the past.
 */
export class CandleHistory {
  readonly #seconds: number;
  readonly #candles: Candle[] = [];

  /** @param seconds - How far back it goes, default 600: ten minutes. */
  constructor(seconds = 600) {
    this.#seconds = seconds;
  }

  /** Takes a trade. `atMs`: when it was heard of, Unix ms. */
  add(price: number, qty: number, atMs: number = Date.now()): void {
    const second = Math.floor(atMs / 1000);
    const last = this.#candles.at(-1);
    // A clock that was set back: the trade belongs to the newest candle all the same.
    if (last !== undefined && second <= last[0]) {
      const [at, open, high, low, , sum] = last;
      this.#candles[this.#candles.length - 1] = [
        at,
        open,
        Math.max(high, price),
        Math.min(low, price),
        price,
        sum + qty,
      ];
      return;
    }
    this.#candles.push([second, price, price, price, price, qty]);
    if ((this.#candles[0]?.[0] ?? second) <= second - this.#seconds) this.#candles.shift();
  }

  /** Takes a candle as it was made elsewhere; one of the newest second replaces it. */
  put(candle: Candle): void {
    const last = this.#candles.at(-1);
    if (last !== undefined && candle[0] < last[0]) return;
    if (last?.[0] === candle[0]) this.#candles.pop();
    this.#candles.push(candle);
    if ((this.#candles[0]?.[0] ?? 0) <= candle[0] - this.#seconds) this.#candles.shift();
  }

  /** Candles of that second and later, oldest first; never older than what is kept. */
  since(second: number, nowMs: number = Date.now()): Candle[] {
    const oldest = Math.max(second, Math.floor(nowMs / 1000) - this.#seconds + 1);
    const from = this.#candles.findLastIndex(([at]) => at < oldest) + 1;
    return this.#candles.slice(from);
  }
}
