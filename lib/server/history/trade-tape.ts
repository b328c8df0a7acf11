import type { TradeView } from '../live-view.js';
import { CandleHistory } from './candle-history.js';

/** Trades that the page shows. */
export const TAPE_LENGTH = 40;

/** The last trades of one instrument, newest first, and their candles. */
export class TradeTape {
  readonly candles = new CandleHistory();
  readonly #trades: TradeView[] = [];
  #nextId = 1;

  /** Adds the newest; the oldest goes. */
  add(trade: Omit<TradeView, 'id'>): void {
    this.show(trade);
    this.candles.add(trade.price, trade.qty);
  }

  /** Adds it to the list alone: its candle was made elsewhere. */
  show(trade: Omit<TradeView, 'id'>): void {
    this.#trades.unshift({ id: this.#nextId, ...trade });
    this.#nextId += 1;
    if (this.#trades.length > TAPE_LENGTH) this.#trades.pop();
  }

  /** The trades, as they change. */
  get trades(): readonly TradeView[] {
    return this.#trades;
  }
}
