import { TopBook, type PriceQty } from '../client/top-book.js';
import { withoutNoise } from '../models/without-noise.js';
import type { DepthUpdate } from './depth-update.js';
import { RollingWindow, type WindowFeatures } from './rolling-window.js';
import type { TradeTick } from './trade-tick.js';

/** What a `ContextService` knows about one symbol, made when asked for. Immutable. */
export interface MarketContext {
  readonly symbol: string;
  /** Where its last event came from. */
  readonly source: string;
  /** Exchange time of the newest event, Unix ms. */
  readonly timestampMs: number;
  /** NaN before the first trade. */
  readonly lastPrice: number;
  /** NaN on an empty side. */
  readonly bestBid: number;
  /** NaN on an empty side. */
  readonly bestAsk: number;
  /** NaN unless both sides are there. */
  readonly mid: number;
  /** NaN unless both sides are there. */
  readonly spread: number;
  /** (bids - asks) / (bids + asks) of the best levels, from -1 to 1; NaN for an empty book. */
  readonly bookImbalance: number;
  /** By length, shortest first. */
  readonly windows: readonly WindowFeatures[];
  /** Events that were older than the longest window when they came. */
  readonly lateEvents: number;
}

/** Sizes of a symbol's context. */
export interface SymbolContextSizes {
  readonly windowsMs: readonly number[];
  readonly buckets: number;
  readonly bookLevels: number;
  readonly maxBookLevels: number;
}

/** Rolling figures and the book of one symbol. */
export class SymbolContext {
  readonly #symbol: string;
  readonly #sizes: SymbolContextSizes;
  readonly #windows: readonly RollingWindow[];
  readonly #book = new TopBook();
  #bookSource = '';
  #source = '';
  #timestampMs = 0;
  #lastPrice = NaN;
  #lastTradeMs = 0;
  #lateEvents = 0;

  constructor(symbol: string, sizes: SymbolContextSizes) {
    this.#symbol = symbol;
    this.#sizes = sizes;
    this.#windows = sizes.windowsMs.map((windowMs) => new RollingWindow(windowMs, sizes.buckets));
  }

  trade(tick: TradeTick): void {
    const { timestampMs, price, qty, side } = tick;
    this.#see(tick);
    // A return counts from the trade before it in time: one that comes late has none.
    let squared = 0;
    if (timestampMs >= this.#lastTradeMs) {
      const change = Math.log(price / this.#lastPrice);
      if (change === change) squared = change * change;
      this.#lastPrice = price;
      this.#lastTradeMs = timestampMs;
    }
    let counted = false;
    for (const window of this.#windows)
      counted = window.trade(timestampMs, price, qty, side === 'buy', squared) || counted;
    if (!counted) this.#lateEvents += 1;
  }

  depth(update: DepthUpdate): void {
    if (update.snapshot) {
      this.#book.clear();
      this.#book.synced = true;
      this.#bookSource = update.source;
    }
    // Another source's changes are changes of another book.
    if (this.#bookSource !== '' && update.source !== this.#bookSource) return;
    this.#see(update);
    for (const { price, qty } of update.bids) this.#book.apply(true, price, qty);
    for (const { price, qty } of update.asks) this.#book.apply(false, price, qty);
    this.#book.trim(this.#sizes.maxBookLevels);
    const { bestBid, bestAsk } = this.#book;
    if (bestBid === undefined || bestAsk === undefined) return;
    let counted = false;
    for (const window of this.#windows)
      counted = window.spread(update.timestampMs, bestAsk - bestBid) || counted;
    if (!counted) this.#lateEvents += 1;
  }

  /** @param nowMs - End of the windows, Unix ms. Default the newest event. */
  snapshot(nowMs = this.#timestampMs): MarketContext {
    const { bestBid = NaN, bestAsk = NaN } = this.#book;
    const { bookLevels } = this.#sizes;
    const bids = sumQty(this.#book.bids(bookLevels));
    const asks = sumQty(this.#book.asks(bookLevels));
    return Object.freeze({
      symbol: this.#symbol,
      source: this.#source,
      timestampMs: this.#timestampMs,
      lastPrice: this.#lastPrice,
      bestBid,
      bestAsk,
      mid: withoutNoise((bestBid + bestAsk) / 2),
      spread: withoutNoise(bestAsk - bestBid, bestAsk),
      bookImbalance: bids + asks > 0 ? (bids - asks) / (bids + asks) : NaN,
      windows: Object.freeze(this.#windows.map((window) => window.features(nowMs, bestAsk))),
      lateEvents: this.#lateEvents,
    });
  }

  #see({ source, timestampMs }: TradeTick | DepthUpdate): void {
    this.#source = source;
    if (timestampMs > this.#timestampMs) this.#timestampMs = timestampMs;
  }
}

function sumQty(levels: readonly PriceQty[]): number {
  return levels.reduce((sum, [, qty]) => sum + qty, 0);
}
