import type { LiveView } from '../../live-view.js';
import { byId } from './dom.js';
import { FigureRows, type Figure } from './figures.js';
import { countText, digitsOf } from './format.js';

const figures = new FigureRows(byId('account'));

/** Position and money of what is shown. What nobody counts says so. */
export function drawAccount(view: LiveView): void {
  const { orders, position, pnl, account, book, instrument } = view;
  const { currency, equity, realisedPnl, unrealisedPnl } = account;
  const held = typeof position === 'number';
  const here = orders.filter(({ market }) => market === instrument).length;
  const shown: Figure[] = [
    {
      name: 'position',
      value: held ? position.toFixed(digitsOf(book.lotSize)) : 'not known',
      level: held ? signOf(position) : 'none',
    },
    {
      name: 'open orders, here / all',
      value: `${String(here)} / ${countText(orders.length)}`,
      level: '',
    },
    money('equity', equity, currency, ''),
    money('realised PnL', realisedPnl, currency),
    money('unrealised PnL', unrealisedPnl, currency),
  ];
  if (typeof pnl === 'number') shown.push(money('session PnL, before fees', pnl, ''));
  figures.show(shown);
}

/** `undefined` comes as `null` or not at all. */
function money(
  name: string,
  value: number | null | undefined,
  currency: string,
  level?: string,
): Figure {
  if (typeof value !== 'number') return { name, value: 'not counted', level: 'none' };
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  return {
    name,
    value: currency === '' ? text : `${text} ${currency}`,
    level: level ?? signOf(value),
  };
}

function signOf(value: number): string {
  return value > 0 ? 'buy' : value < 0 ? 'sell' : '';
}
