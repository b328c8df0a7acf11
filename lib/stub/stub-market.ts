import { invalid } from '../models/invalid.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { priceToTick, tickToPrice } from '../models/ticks.js';
import type { Random } from './random.js';
import type { StubQuote } from './stub-data.js';
import type { ResolvedStubOptions } from './stub-options.js';

const LOTS_MAX = 1000;
const DEFAULT_PRICE = 50_000;

function startPrice(instrument: InstrumentSpec, options: ResolvedStubOptions): number {
  const { basePrice } = options;
  const given = typeof basePrice === 'object' ? basePrice[instrument.symbol] : basePrice;
  const { roi } = instrument;
  const price = given ?? (roi === undefined ? DEFAULT_PRICE : (roi.lb + roi.ub) / 2);
  if (!(price > 0 && Number.isFinite(price))) invalid('stub.basePrice', price, 'must be above 0');
  return price;
}

/** The made-up market of one instrument: a random walk with a book around it. */
export class StubMarket {
  private readonly instrument: InstrumentSpec;
  private readonly options: ResolvedStubOptions;
  private readonly random: Random;
  private readonly lowest: number;
  private readonly highest: number;
  /** Mid price in ticks; not whole. */
  private mid: number;
  private bestBid = 0;
  private bestAsk = 0;
  /** Lots by tick. */
  private bids = new Map<number, number>();
  private asks = new Map<number, number>();

  constructor(instrument: InstrumentSpec, options: ResolvedStubOptions, random: Random) {
    const { tickSize, roi } = instrument;
    this.instrument = instrument;
    this.options = options;
    this.random = random;
    const margin = options.levels + options.spreadTicks[1];
    this.lowest = (roi === undefined ? 0 : priceToTick(roi.lb, tickSize)) + margin;
    this.highest = roi === undefined ? Infinity : priceToTick(roi.ub, tickSize) - margin;
    this.mid = startPrice(instrument, options) / tickSize;
    this.keepInside();
    this.moveBook();
  }

  /** The whole book, bids then asks, best first. */
  snapshot(): StubQuote[] {
    return [
      ...Array.from(this.bids, ([tick, lots]) => this.quote('buy', tick, lots)),
      ...Array.from(this.asks, ([tick, lots]) => this.quote('sell', tick, lots)),
    ];
  }

  /** One step: the price moves, the book may follow, a trade may happen. */
  step(): { trade: StubQuote | null; depth: StubQuote[] } {
    const { random, options } = this;
    this.mid *= Math.exp(options.volatility * random.normal());
    this.keepInside();
    const depth = random.chance(options.depthProbability) ? this.moveBook() : [];
    const trade = random.chance(options.tradeProbability) ? this.trade() : null;
    return { trade, depth };
  }

  private keepInside(): void {
    this.mid = Math.max(this.lowest, Math.min(this.mid, this.highest));
  }

  private trade(): StubQuote {
    const buys = this.random.chance(0.5);
    const lots = this.random.whole(1, LOTS_MAX);
    return this.quote(buys ? 'buy' : 'sell', buys ? this.bestAsk : this.bestBid, lots);
  }

  /** Moves the book to the mid price and returns what changed, deletions first. */
  private moveBook(): StubQuote[] {
    const { random, options } = this;
    const spread = random.whole(options.spreadTicks[0], options.spreadTicks[1]);
    this.bestBid = Math.floor(this.mid - spread / 2);
    this.bestAsk = this.bestBid + spread;
    const bids = this.ladder(this.bids, this.bestBid, -1);
    const asks = this.ladder(this.asks, this.bestAsk, 1);
    const changes = [
      ...this.changes('buy', this.bids, bids),
      ...this.changes('sell', this.asks, asks),
    ];
    this.bids = bids;
    this.asks = asks;
    // Bids may only come up after the asks in their way are gone.
    changes.sort((a, b) => Number(a[2] > 0) - Number(b[2] > 0));
    return changes;
  }

  private ladder(
    old: ReadonlyMap<number, number>,
    best: number,
    direction: number,
  ): Map<number, number> {
    const levels = new Map<number, number>();
    for (let depth = 0; depth < this.options.levels; depth += 1) {
      const tick = best + depth * direction;
      const kept = old.get(tick);
      // The best level always changes, so that a depth update is never empty.
      const fresh = this.random.whole(1, LOTS_MAX);
      levels.set(tick, kept === undefined || depth === 0 || this.random.chance(0.2) ? fresh : kept);
    }
    const first = levels.get(best) ?? 1;
    if (first === old.get(best)) levels.set(best, first === LOTS_MAX ? 1 : first + 1);
    return levels;
  }

  private changes(
    side: 'buy' | 'sell',
    old: ReadonlyMap<number, number>,
    now: ReadonlyMap<number, number>,
  ): StubQuote[] {
    const changes: StubQuote[] = [];
    for (const tick of old.keys()) if (!now.has(tick)) changes.push(this.quote(side, tick, 0));
    for (const [tick, lots] of now) {
      if (old.get(tick) !== lots) changes.push(this.quote(side, tick, lots));
    }
    return changes;
  }

  private quote(side: 'buy' | 'sell', tick: number, lots: number): StubQuote {
    const { tickSize, lotSize } = this.instrument;
    return [side, tickToPrice(tick, tickSize), tickToPrice(lots, lotSize)];
  }
}
