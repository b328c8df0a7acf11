import type { LiveView, OrderView } from '../live-view.js';
import { byId, make } from './dom.js';
import { digitsOf } from './format.js';

const NEAR = 8;

type Row = readonly [price: number, qty: number];

/** Draws the depth ladder: asks above, the spread between, bids below; own orders marked. */
export function drawLadder(view: LiveView): void {
  const { book, orders } = view;
  const body = byId('ladder');
  body.classList.toggle('stale', !book.trusted);
  const largest = Math.max(1e-12, ...[...book.bids, ...book.asks].map(([, qty]) => qty));
  const digits: [number, number] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
  const row = (side: 'buy' | 'sell', level: Row, index: number): HTMLElement => {
    const element = levelRow(
      side,
      level,
      largest,
      digits,
      ownAt(orders, side, level[0], book.tickSize),
    );
    if (index >= NEAR) element.classList.add('far');
    return element;
  };
  const asks = book.asks.map((level, index) => row('sell', level, index)).reverse();
  const bids = book.bids.map((level, index) => row('buy', level, index));
  body.replaceChildren(...asks, middle(view, digits[0]), ...bids);
}

function middle({ book }: LiveView, digits: number): HTMLElement {
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const text =
    bid === undefined || ask === undefined
      ? 'no book'
      : `${((bid + ask) / 2).toFixed(digits + 1)}  spread ${(ask - bid).toFixed(digits)}`;
  const cell = make('td', '', book.trusted ? text : `${text} – not whole`);
  cell.colSpan = 3;
  return make('tr', 'middle', cell);
}

function levelRow(
  side: 'buy' | 'sell',
  [price, qty]: Row,
  largest: number,
  [priceDigits, qtyDigits]: [number, number],
  own: number,
): HTMLElement {
  const bar = make('div', 'bar');
  bar.style.width = `${String(Math.round((qty / largest) * 100))}%`;
  return make(
    'tr',
    side,
    make('td', '', make('span', '', price.toFixed(priceDigits))),
    make('td', 'n', make('span', 'own', own > 0 ? `● ${own.toFixed(qtyDigits)}` : '')),
    make('td', 'n', bar, make('span', 'qty', qty.toFixed(qtyDigits))),
  );
}

/** Own quantity that rests at a price. */
function ownAt(
  orders: readonly OrderView[],
  side: string,
  price: number,
  tickSize: number,
): number {
  return orders
    .filter((order) => order.side === side && Math.abs(order.price - price) < tickSize / 2)
    .reduce((sum, order) => sum + order.leavesQty, 0);
}
