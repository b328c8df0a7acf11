/** Running figures of one instrument, fed with the events of a `LiveClient`. */
export class MarketStatistics {
  #startedMs = performance.now();
  tradeCount = 0;
  buyVolume = 0;
  sellVolume = 0;
  /** Batches of level changes. */
  depthUpdates = 0;
  /** Single level changes in them. */
  levelChanges = 0;
  bid;
  ask;
  minSpread = Infinity;
  maxSpread = -Infinity;

  onTrade(trade) {
    this.tradeCount += 1;
    if (trade.side === 'buy') this.buyVolume += trade.qty;
    else this.sellVolume += trade.qty;
  }

  /** `top` is the book after the update: `client.snapshot(symbol, 1)`. */
  onDepth(update, top) {
    this.depthUpdates += 1;
    this.levelChanges += update.bids.length + update.asks.length;
    this.bid = top.bids[0]?.price;
    this.ask = top.asks[0]?.price;
    if (this.bid === undefined || this.ask === undefined) return;
    this.minSpread = Math.min(this.minSpread, this.spread);
    this.maxSpread = Math.max(this.maxSpread, this.spread);
  }

  get spread() {
    // Prices are decimals; their difference is rounded back to one.
    return this.bid === undefined || this.ask === undefined
      ? undefined
      : Number((this.ask - this.bid).toFixed(10));
  }

  get seconds() {
    return (performance.now() - this.#startedMs) / 1000;
  }

  get tradesPerSecond() {
    return this.tradeCount / Math.max(this.seconds, 1e-9);
  }

  toJSON() {
    const finite = (value) => (Number.isFinite(value) ? value : null);
    return {
      seconds: Number(this.seconds.toFixed(3)),
      tradeCount: this.tradeCount,
      tradesPerSecond: Number(this.tradesPerSecond.toFixed(3)),
      buyVolume: Number(this.buyVolume.toFixed(8)),
      sellVolume: Number(this.sellVolume.toFixed(8)),
      bid: this.bid ?? null,
      ask: this.ask ?? null,
      spread: this.spread ?? null,
      minSpread: finite(this.minSpread),
      maxSpread: finite(this.maxSpread),
      depthUpdates: this.depthUpdates,
      levelChanges: this.levelChanges,
    };
  }
}
