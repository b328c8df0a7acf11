import type { BookView, LiveView, OrderView } from '../../live-view.js';
import { byId, make, setClass } from '../frame/dom.js';
import { digitsOf } from '../frame/format.js';
import { Label, Rows, type Row } from '../frame/rows.js';

/** Least height of a line, px. */
const LINE = 17;
const FEWEST = 5;

interface Line {
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly qty: string;
  /** Quantity at this price and at all better ones. */
  readonly sum: string;
  readonly own: string;
  /** Length of the bar, 0 to 1: its sum as a part of the largest. */
  readonly share: number;
}

/** The depth: asks above, the spread between, bids below; own orders marked, as many levels as there is room. */
export class Ladder {
  readonly #body = byId('ladder');
  readonly #asks = make('tbody');
  readonly #bids = make('tbody');
  readonly #askRows = new Rows<Line>(this.#asks, lineRow);
  readonly #bidRows = new Rows<Line>(this.#bids, lineRow);
  readonly #middle = new Label();
  #levels = FEWEST;

  /** @param changed - Called when there is room for more lines, or for fewer. */
  constructor(changed: () => void) {
    const middle = make('td', '', this.#middle.node);
    middle.colSpan = 4;
    this.#body.append(this.#asks, make('tbody', 'middle', make('tr', '', middle)), this.#bids);
    const room = byId('ladder-room');
    new ResizeObserver(() => {
      const lines = (room.clientHeight - 50) / LINE;
      const levels = Math.min(20, Math.max(FEWEST, Math.floor(lines / 2)));
      if (levels === this.#levels) return;
      this.#levels = levels;
      changed();
    }).observe(room);
  }

  draw({ book, orders, instrument }: LiveView): void {
    setClass(this.#body, book.synced ? '' : 'stale');
    const own = orders.filter(({ market }) => market === instrument);
    const asks = this.#lines('sell', book, own);
    const bids = this.#lines('buy', book, own);
    this.#askRows.show(asks.reverse());
    this.#bidRows.show(bids);
    this.#middle.set(middleLine(book));
  }

  #lines(side: 'buy' | 'sell', book: BookView, orders: readonly OrderView[]): Line[] {
    const count = this.#levels;
    const sumOf = (levels: BookView['bids']): number =>
      levels.slice(0, count).reduce((sum, [, qty]) => sum + qty, 0);
    const largest = Math.max(1e-12, sumOf(book.bids), sumOf(book.asks));
    const [priceDigits, qtyDigits] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
    let sum = 0;
    return (side === 'buy' ? book.bids : book.asks).slice(0, count).map(([price, qty]) => {
      sum += qty;
      const own = ownAt(orders, side, price, book.tickSize);
      return {
        side,
        price: price.toFixed(priceDigits),
        qty: qty.toFixed(qtyDigits),
        sum: sum.toFixed(qtyDigits),
        own: own > 0 ? `● ${own.toFixed(qtyDigits)}` : '',
        share: Math.round((sum / largest) * 100) / 100,
      };
    });
  }
}

function middleLine({ bids, asks, state, tickSize }: BookView): string {
  const digits = digitsOf(tickSize);
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  const text =
    bid === undefined || ask === undefined
      ? 'no book'
      : `mid ${((bid + ask) / 2).toFixed(digits + 1)}   spread ${(ask - bid).toFixed(digits)}`;
  return state === 'live' ? text : `${text} – ${state}`;
}

function lineRow(): Row<Line> {
  const [price, own, qty, sum] = [new Label(), new Label(), new Label(), new Label()];
  const bar = make('div', 'bar');
  const element = make(
    'tr',
    '',
    make('td', 'price', bar, make('span', '', price.node)),
    make('td', 'n', make('span', 'own', own.node)),
    make('td', 'n', make('span', 'qty', qty.node)),
    make('td', 'n', make('span', 'quiet', sum.node)),
  );
  let drawn = -1;
  return {
    element,
    fill: (line) => {
      setClass(element, line.own === '' ? line.side : `${line.side} mine`);
      price.set(line.price);
      own.set(line.own);
      qty.set(line.qty);
      sum.set(line.sum);
      if (line.share === drawn) return;
      drawn = line.share;
      bar.style.backgroundSize = `${String(line.share * 100)}%`;
    },
  };
}

function ownAt(
  orders: readonly OrderView[],
  side: 'buy' | 'sell',
  price: number,
  tickSize: number,
): number {
  return orders
    .filter((order) => order.side === side && Math.abs(order.price - price) < tickSize / 2)
    .reduce((sum, order) => sum + order.leavesQty, 0);
}
