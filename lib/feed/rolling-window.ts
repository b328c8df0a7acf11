import { withoutNoise } from '../models/without-noise.js';

/** Rolling figures of one window, made when asked for. */
export interface WindowFeatures {
  readonly windowMs: number;
  /** Trades in the window. */
  readonly tradeCount: number;
  /** Trades per second. */
  readonly tradeRate: number;
  /** Sum of the quantities. */
  readonly volume: number;
  /** Sum of the quantities that takers bought. */
  readonly buyVolume: number;
  /** Sum of the quantities that takers sold. */
  readonly sellVolume: number;
  /** (buy - sell) / volume, from -1 to 1; NaN without a trade. */
  readonly volumeImbalance: number;
  /** Volume-weighted average price; NaN without a trade. */
  readonly vwap: number;
  /** Realised volatility: root of the sum of squared logarithmic returns from trade to trade. */
  readonly volatility: number;
  /** Spread after each update of the book; NaN without one. */
  readonly spread: { readonly mean: number; readonly min: number; readonly max: number };
  /** Updates of the book that had both sides. */
  readonly depthCount: number;
}

/** Columns of a bucket. */
const COUNT = 0;
const BUY = 1;
const SELL = 2;
const NOTIONAL = 3;
const RETURNS = 4;
const SPREADS = 5;
const SPREAD_SUM = 6;
const SPREAD_MIN = 7;
const SPREAD_MAX = 8;
const COLUMNS = 9;

/**
 * Sums over the last `windowMs`, kept in buckets: an event costs the same however many there are,
 * and the memory never grows. The oldest bucket leaves as a whole: the window is up to one bucket
 * shorter than its name. Nothing is subtracted, so that no error adds up.
 */
export class RollingWindow {
  readonly windowMs: number;
  readonly #bucketMs: number;
  readonly #buckets: number;
  readonly #values: Float64Array;
  /** Number of the span of time that a bucket holds; -1 for none. */
  readonly #spans: Float64Array;

  constructor(windowMs: number, buckets: number) {
    this.windowMs = windowMs;
    this.#bucketMs = windowMs / buckets;
    this.#buckets = buckets;
    this.#values = new Float64Array(buckets * COLUMNS);
    this.#spans = new Float64Array(buckets).fill(-1);
  }

  /** @returns False when the trade is older than the window. */
  trade(tsMs: number, price: number, qty: number, isBuy: boolean, squaredReturn: number): boolean {
    const at = this.#at(tsMs);
    if (at < 0) return false;
    this.#add(at + COUNT, 1);
    this.#add(at + (isBuy ? BUY : SELL), qty);
    this.#add(at + NOTIONAL, price * qty);
    this.#add(at + RETURNS, squaredReturn);
    return true;
  }

  /** @returns False when the update is older than the window. */
  spread(tsMs: number, spread: number): boolean {
    const at = this.#at(tsMs);
    if (at < 0) return false;
    const values = this.#values;
    this.#add(at + SPREADS, 1);
    this.#add(at + SPREAD_SUM, spread);
    if (spread < (values[at + SPREAD_MIN] as number)) values[at + SPREAD_MIN] = spread;
    if (spread > (values[at + SPREAD_MAX] as number)) values[at + SPREAD_MAX] = spread;
    return true;
  }

  /**
   * Figures of the window that ends at `nowMs`, Unix ms. `price`: about where the market is, for
   * spreads without the noise of differences; NaN reports them as they come.
   */
  features(nowMs: number, price = NaN): WindowFeatures {
    const sums = new Float64Array(COLUMNS);
    sums[SPREAD_MIN] = Infinity;
    sums[SPREAD_MAX] = -Infinity;
    const newest = Math.floor(nowMs / this.#bucketMs);
    for (let bucket = 0; bucket < this.#buckets; bucket += 1) {
      const span = this.#spans[bucket] as number;
      if (span > newest || span <= newest - this.#buckets || span < 0) continue;
      this.#collect(sums, bucket * COLUMNS);
    }
    const [count, buy, sell, notional, returns, spreads, spreadSum, min, max] = [...sums] as [
      ...[number, number, number, number, number, number, number, number, number],
    ];
    const volume = buy + sell;
    return Object.freeze({
      windowMs: this.windowMs,
      tradeCount: count,
      tradeRate: count / (this.windowMs / 1000),
      volume: withoutNoise(volume),
      buyVolume: withoutNoise(buy),
      sellVolume: withoutNoise(sell),
      volumeImbalance: volume > 0 ? (buy - sell) / volume : NaN,
      vwap: volume > 0 ? notional / volume : NaN,
      volatility: Math.sqrt(returns),
      spread: Object.freeze({
        mean: spreads > 0 ? spreadSum / spreads : NaN,
        min: spreads > 0 ? withoutNoise(min, price) : NaN,
        max: spreads > 0 ? withoutNoise(max, price) : NaN,
      }),
      depthCount: spreads,
    });
  }

  #collect(sums: Float64Array, at: number): void {
    const values = this.#values;
    for (let column = 0; column < SPREAD_MIN; column += 1)
      sums[column] = (sums[column] as number) + (values[at + column] as number);
    sums[SPREAD_MIN] = Math.min(sums[SPREAD_MIN] as number, values[at + SPREAD_MIN] as number);
    sums[SPREAD_MAX] = Math.max(sums[SPREAD_MAX] as number, values[at + SPREAD_MAX] as number);
  }

  /** First value of the bucket of a time; -1 when that has left the window. */
  #at(tsMs: number): number {
    const span = Math.floor(tsMs / this.#bucketMs);
    const bucket = span % this.#buckets;
    const held = this.#spans[bucket] as number;
    if (span < held) return -1;
    const at = bucket * COLUMNS;
    if (span > held) {
      this.#spans[bucket] = span;
      this.#values.fill(0, at, at + COLUMNS);
      this.#values[at + SPREAD_MIN] = Infinity;
      this.#values[at + SPREAD_MAX] = -Infinity;
    }
    return at;
  }

  #add(index: number, value: number): void {
    this.#values[index] = (this.#values[index] as number) + value;
  }
}
