import type { Candle } from '../../history/candle-history.js';
import type { MidPoint } from '../../history/mid-history.js';

/** How far back it goes, s. */
const SPAN = 600;

/** One candle of the chart, or the place of one. */
export interface Bucket {
  /** Its begin, Unix s. */
  readonly time: number;
  /** What it is made of: trades, the middle price where there were none, nothing during an outage. */
  readonly from: 'trades' | 'mid' | 'nothing';
  /** NaN without prices. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Ten minutes of trades and middle prices by the second, and candles of any width from them. */
export class ChartData {
  readonly #candles = new Map<number, Candle>();
  readonly #mids = new Map<number, number | null>();
  #first = Infinity;
  #last = -Infinity;

  /** Starts anew with the server's past. */
  reset(candles: readonly Candle[], mids: readonly MidPoint[]): void {
    this.#candles.clear();
    this.#mids.clear();
    this.#first = Infinity;
    this.#last = -Infinity;
    for (const [atMs, mid] of mids) this.addMid(atMs, mid);
    this.addCandles(candles);
  }

  addCandles(candles: readonly Candle[]): void {
    for (const candle of candles) {
      this.#candles.set(candle[0], candle);
      this.#note(candle[0]);
    }
  }

  /** The middle price at a time, Unix ms; `null` while the book is not live. */
  addMid(atMs: number, mid: number | null): void {
    const second = Math.floor(atMs / 1000);
    // One live moment makes a second live: an outage is longer.
    if (mid !== null || !this.#mids.has(second)) this.#mids.set(second, mid);
    this.#note(second);
  }

  /** Candles of a width in seconds, oldest first, without a gap in time, from that one on. */
  buckets(width: number, since = -Infinity): Bucket[] {
    if (this.#last < this.#first) return [];
    const start = Math.max(this.#first, this.#last - SPAN + 1, since);
    const buckets: Bucket[] = [];
    for (let time = start - (start % width); time <= this.#last; time += width)
      buckets.push(this.#bucket(time, width));
    return buckets;
  }

  #bucket(time: number, width: number): Bucket {
    let from: Bucket['from'] = 'nothing';
    let [open, high, low, close] = [NaN, -Infinity, Infinity, NaN];
    for (let second = time; second < time + width; second += 1) {
      const candle = this.#candles.get(second);
      if (candle === undefined) continue;
      if (from === 'nothing') open = candle[1];
      from = 'trades';
      high = Math.max(high, candle[2]);
      low = Math.min(low, candle[3]);
      close = candle[4];
    }
    for (let second = time; from !== 'trades' && second < time + width; second += 1) {
      const mid = this.#mids.get(second) ?? null;
      if (mid === null) continue;
      if (from === 'nothing') open = mid;
      from = 'mid';
      high = Math.max(high, mid);
      low = Math.min(low, mid);
      close = mid;
    }
    return { time, from, open, high, low, close };
  }

  #note(second: number): void {
    this.#first = Math.min(this.#first, second);
    if (second <= this.#last) return;
    this.#last = second;
    // Maps have their oldest entries first.
    for (const map of [this.#candles, this.#mids])
      for (const at of map.keys()) {
        if (at > second - SPAN - 60) break;
        map.delete(at);
      }
    this.#first = Math.max(this.#first, second - SPAN - 60);
  }
}
