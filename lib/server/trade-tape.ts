import type { TradeView } from './live-view.js';

/** Trades that the page shows. */
export const TAPE_LENGTH = 40;

/** The last trades, newest first. */
export class TradeTape {
  readonly #trades: TradeView[] = [];

  /** Adds the newest; the oldest goes. */
  add(trade: TradeView): void {
    this.#trades.unshift(trade);
    if (this.#trades.length > TAPE_LENGTH) this.#trades.pop();
  }

  /** The trades, as they change. */
  get trades(): readonly TradeView[] {
    return this.#trades;
  }
}
