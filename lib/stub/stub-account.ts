import type { StateValues } from '../models/state-values.js';
import { priceToTick, tickToPrice } from '../models/ticks.js';

/** Position and money of one instrument. The stub takes no fees. */
export class StubAccount {
  private readonly lotSize: number;
  private positionLots = 0;
  private balance = 0;
  private averagePrice = 0;
  private numTrades = 0;
  private volumeLots = 0;
  private value = 0;

  constructor(lotSize: number) {
    this.lotSize = lotSize;
  }

  /** Signed; counted in whole lots, so that it does not gather rounding errors. */
  get position(): number {
    return tickToPrice(this.positionLots, this.lotSize);
  }

  /** Books a fill. `side` 1 bought, -1 sold. */
  fill(side: 1 | -1, price: number, qty: number): void {
    const before = this.positionLots;
    const lots = side * priceToTick(qty, this.lotSize);
    this.positionLots += lots;
    if (this.positionLots === 0) this.averagePrice = 0;
    else if (Math.sign(this.positionLots) !== Math.sign(before)) this.averagePrice = price;
    else if (Math.sign(lots) === Math.sign(before)) {
      this.averagePrice = (this.averagePrice * before + price * lots) / this.positionLots;
    }
    this.balance -= side * price * qty;
    this.numTrades += 1;
    this.volumeLots += Math.abs(lots);
    this.value += price * qty;
  }

  /** Profit of what was closed, in quote currency. */
  get realised(): number {
    return this.balance + this.averagePrice * this.position;
  }

  /** Profit of the position at a price; 0 when flat or without a price. */
  unrealised(price: number): number {
    const profit = this.position * (price - this.averagePrice);
    return this.positionLots === 0 || Number.isNaN(profit) ? 0 : profit;
  }

  values(): StateValues {
    return Object.freeze({
      position: this.position,
      balance: this.balance,
      fee: 0,
      numTrades: this.numTrades,
      tradingVolume: tickToPrice(this.volumeLots, this.lotSize),
      tradingValue: this.value,
    });
  }
}
