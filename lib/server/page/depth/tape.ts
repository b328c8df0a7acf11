import type { LiveView, TradeView } from '../../live-view.js';
import { cells } from '../frame/cells.js';
import { byId } from '../frame/dom.js';
import { digitsOf, timeText } from '../frame/format.js';
import { KeyedRows } from '../frame/keyed-rows.js';

type Line = readonly [trade: TradeView, priceDigits: number, qtyDigits: number];

const rows = new KeyedRows<Line>(
  byId('tape'),
  cells(([{ side, price, qty, tsMs }, priceDigits, qtyDigits]) => [
    [timeText(tsMs, true), 'quiet'],
    [price.toFixed(priceDigits), `n ${side}`],
    [qty.toFixed(qtyDigits), 'n'],
  ]),
  ([{ id }]) => id,
);

/** The last trades, newest first. */
export function drawTape({ trades, book }: LiveView): void {
  const [price, qty] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
  rows.show(trades.map((trade) => [trade, price, qty] as const));
}
