import { checkCount, checkTick } from '../models/arguments.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import type { BookLevel } from '../models/book-level.js';
import type { BookState } from '../models/book-state.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { priceToTick, tickToPrice } from '../models/ticks.js';
import type { StubQuote } from './stub-data.js';

/** One side of a book: quantities by tick, with the best tick at hand. */
class BookSide {
  private readonly qtyByTick = new Map<number, number>();
  /** 1: the highest tick is best, -1: the lowest. */
  private readonly direction: 1 | -1;
  best = NaN;

  constructor(direction: 1 | -1) {
    this.direction = direction;
  }

  set(tick: number, qty: number): void {
    if (qty > 0) {
      this.qtyByTick.set(tick, qty);
      if (!(this.best * this.direction >= tick * this.direction)) this.best = tick;
      return;
    }
    this.qtyByTick.delete(tick);
    if (tick === this.best) this.findBest();
  }

  qtyAt(tick: number): number {
    return this.qtyByTick.get(tick) ?? 0;
  }

  clear(): void {
    this.qtyByTick.clear();
    this.best = NaN;
  }

  levels(count: number, tickSize: number): readonly BookLevel[] {
    const ticks = [...this.qtyByTick.keys()].sort((a, b) => (b - a) * this.direction);
    return Object.freeze(
      ticks
        .slice(0, count)
        .map((tick) =>
          Object.freeze({ price: tickToPrice(tick, tickSize), qty: this.qtyAt(tick) }),
        ),
    );
  }

  private findBest(): void {
    this.best = NaN;
    for (const tick of this.qtyByTick.keys()) {
      if (!(this.best * this.direction >= tick * this.direction)) this.best = tick;
    }
  }
}

/** The book of a stub's instrument as the bot has received it. */
export class StubBook implements MarketDepthView {
  readonly tickSize: number;
  readonly lotSize: number;
  private readonly bids = new BookSide(1);
  private readonly asks = new BookSide(-1);
  private readonly assertOpen: () => void;
  private whole = false;

  constructor(instrument: InstrumentSpec, assertOpen: () => void) {
    this.tickSize = instrument.tickSize;
    this.lotSize = instrument.lotSize;
    this.assertOpen = assertOpen;
  }

  apply(depth: readonly StubQuote[], snapshot: boolean): void {
    if (snapshot) {
      this.bids.clear();
      this.asks.clear();
      this.whole = true;
    }
    for (const [side, price, qty] of depth) {
      (side === 'buy' ? this.bids : this.asks).set(priceToTick(price, this.tickSize), qty);
    }
  }

  /** The whole book as quotes, bids then asks, best first. */
  quotes(): StubQuote[] {
    const quotes: StubQuote[] = [];
    for (const { price, qty } of this.bids.levels(Infinity, this.tickSize))
      quotes.push(['buy', price, qty]);
    for (const { price, qty } of this.asks.levels(Infinity, this.tickSize))
      quotes.push(['sell', price, qty]);
    return quotes;
  }

  get bestBid(): number {
    return tickToPrice(this.bestBidTick, this.tickSize);
  }

  get bestAsk(): number {
    return tickToPrice(this.bestAskTick, this.tickSize);
  }

  get bestBidTick(): number {
    this.assertOpen();
    return this.bids.best;
  }

  get bestAskTick(): number {
    this.assertOpen();
    return this.asks.best;
  }

  get bestBidQty(): number {
    return this.bids.qtyAt(this.bestBidTick);
  }

  get bestAskQty(): number {
    return this.asks.qtyAt(this.bestAskTick);
  }

  get state(): BookState {
    this.assertOpen();
    const hasLevel = !(Number.isNaN(this.bids.best) && Number.isNaN(this.asks.best));
    return this.whole && hasLevel ? 'live' : 'resyncing';
  }

  get synced(): boolean {
    return this.state === 'live';
  }

  bidQtyAtTick(priceTick: number): number {
    this.assertOpen();
    return this.bids.qtyAt(checkTick(priceTick, 'priceTick'));
  }

  askQtyAtTick(priceTick: number): number {
    this.assertOpen();
    return this.asks.qtyAt(checkTick(priceTick, 'priceTick'));
  }

  levels(count: number): {
    readonly bids: readonly BookLevel[];
    readonly asks: readonly BookLevel[];
  } {
    this.assertOpen();
    checkCount(count, 'count', 10_000);
    return {
      bids: this.bids.levels(count, this.tickSize),
      asks: this.asks.levels(count, this.tickSize),
    };
  }
}
