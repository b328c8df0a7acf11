import type { LiveView, OrderView } from '../live-view.js';
import { byId, make, setClass } from './dom.js';
import { digitsOf } from './format.js';
import { Label, Rows, type Row } from './rows.js';

const NEAR = 8;

interface Line {
  readonly side: 'buy' | 'sell';
  readonly far: boolean;
  readonly price: string;
  readonly qty: string;
  readonly own: string;
  /** Length of the bar, 0 to 1. */
  readonly share: number;
}

const body = byId('ladder');
const asks = make('tbody');
const middle = make('td');
const bids = make('tbody');
const askRows = new Rows<Line>(asks, lineRow);
const bidRows = new Rows<Line>(bids, lineRow);
const middleText = new Label();
middle.colSpan = 3;
middle.append(middleText.node);
body.append(asks, make('tbody', 'middle', make('tr', '', middle)), bids);

/** Draws the depth ladder: asks above, the spread between, bids below; own orders marked. */
export function drawLadder({ book, orders }: LiveView): void {
  setClass(body, book.synced ? '' : 'stale');
  const largest = Math.max(1e-12, ...[...book.bids, ...book.asks].map(([, qty]) => qty));
  const [priceDigits, qtyDigits] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
  const lines = (side: 'buy' | 'sell', levels: LiveView['book']['bids']): Line[] =>
    levels.map(([price, qty], index) => {
      const own = ownAt(orders, side, price, book.tickSize);
      return {
        side,
        far: index >= NEAR,
        price: price.toFixed(priceDigits),
        qty: qty.toFixed(qtyDigits),
        own: own > 0 ? `● ${own.toFixed(qtyDigits)}` : '',
        share: Math.round((qty / largest) * 100) / 100,
      };
    });
  askRows.show(lines('sell', book.asks).reverse());
  bidRows.show(lines('buy', book.bids));
  middleText.set(middleLine(book, priceDigits));
}

function middleLine({ bids, asks, state }: LiveView['book'], digits: number): string {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  const text =
    bid === undefined || ask === undefined
      ? 'no book'
      : `${((bid + ask) / 2).toFixed(digits + 1)}  spread ${(ask - bid).toFixed(digits)}`;
  return state === 'live' ? text : `${text} – ${state}`;
}

function lineRow(): Row<Line> {
  const [price, own, qty] = [new Label(), new Label(), new Label()];
  const bar = make('div', 'bar');
  const element = make(
    'tr',
    '',
    make('td', '', make('span', '', price.node)),
    make('td', 'n', make('span', 'own', own.node)),
    make('td', 'n', bar, make('span', 'qty', qty.node)),
  );
  let drawn = -1;
  return {
    element,
    fill: (line) => {
      setClass(element, line.far ? `${line.side} far` : line.side);
      price.set(line.price);
      own.set(line.own);
      qty.set(line.qty);
      if (line.share === drawn) return;
      drawn = line.share;
      // Scaled and not sized: no layout.
      bar.style.transform = `scaleX(${String(line.share)})`;
    },
  };
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
