import type { FigureView, LiveView, StateLine } from '../live-view.js';
import { byId, make, setText } from './dom.js';
import { countText, digitsOf, durationText, timeText } from './format.js';

/** Title line: backend, state and its reason, uptime. */
export function drawHeader(view: LiveView): void {
  const badge = byId('backend');
  setText(
    badge,
    view.backend === 'stub' ? 'STUB: made-up prices' : (view.backend ?? 'not started'),
  );
  badge.className = `badge ${view.backend ?? ''}`;
  drawState(view.state);
  setText(byId('uptime'), `up ${durationText(view.uptimeMs)}`);
}

/** The one line that says how things are. */
export function drawState({ level, text }: StateLine): void {
  const state = byId('state');
  setText(state, text);
  state.className = `state ${level}`;
}

/** The trades tape. */
export function drawTape({ trades, book }: LiveView): void {
  const [priceDigits, qtyDigits] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
  const rows = trades
    .slice(0, 32)
    .map(({ side, price, qty, tsMs }) =>
      make(
        'tr',
        '',
        make('td', 'quiet', timeText(tsMs, true)),
        make('td', `n ${side}`, price.toFixed(priceDigits)),
        make('td', 'n', qty.toFixed(qtyDigits)),
      ),
    );
  byId('tape').replaceChildren(...rows);
}

/** Position, profit, and own open orders. */
export function drawOrders({ orders, position, pnl, book }: LiveView): void {
  const [priceDigits, qtyDigits] = [digitsOf(book.tickSize), digitsOf(book.lotSize)];
  const figures = [figure('position', position.toFixed(qtyDigits))];
  if (pnl !== undefined) figures.push(figure('profit, fees not counted', pnl.toFixed(2)));
  figures.push(figure('open orders', countText(orders.length)));
  byId('position').replaceChildren(...figures);
  const rows = orders
    .slice(0, 12)
    .map((order) =>
      make(
        'tr',
        '',
        make('td', order.side, order.side),
        make('td', 'n', order.price.toFixed(priceDigits)),
        make('td', 'n', order.leavesQty.toFixed(qtyDigits)),
        make('td', 'n', order.qty.toFixed(qtyDigits)),
        make('td', 'quiet', order.state),
      ),
    );
  byId('orders').replaceChildren(...rows);
}

/** Rates and losses. */
export function drawFigures({ rates, losses }: LiveView): void {
  const draw = ({ name, value, unit, level }: FigureView): HTMLElement =>
    figure(name, countText(value) + unit, level);
  byId('rates').replaceChildren(...rates.map(draw));
  byId('losses').replaceChildren(...losses.map(draw));
}

/** Connectors with their reasons, and queues. */
export function drawLinks({ connectors, queues }: LiveView): void {
  const items = connectors.map(({ name, level, text, pid, heartbeatAgeMs }) => {
    const more = [
      ...(pid === undefined ? [] : [`pid ${String(pid)}`]),
      ...(heartbeatAgeMs === undefined ? [] : [`seen ${countText(heartbeatAgeMs)} ms ago`]),
    ].join(', ');
    return make('li', '', make('b', level, `● ${name} `), text, make('div', 'quiet', more));
  });
  byId('connectors').replaceChildren(...items);
  const rows = queues.map(({ name, size, capacity, dropped, policy }) => {
    const row = make(
      'tr',
      '',
      make('td', '', name),
      make('td', 'n', countText(size)),
      make('td', 'n quiet', countText(capacity)),
      make('td', dropped > 0 ? 'n warn' : 'n', countText(dropped)),
    );
    row.title = policy;
    return row;
  });
  const none = make('td', 'quiet', 'no queue is in use');
  none.colSpan = 4;
  byId('queues').replaceChildren(...(rows.length === 0 ? [make('tr', '', none)] : rows));
}

let lastLog = '';

/** The log tail; stays at its end unless somebody scrolled up. */
export function drawLog({ log }: LiveView): void {
  const key = JSON.stringify(log.at(-1) ?? '') + String(log.length);
  if (key === lastLog) return;
  lastLog = key;
  const list = byId('log');
  const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 20;
  list.replaceChildren(
    ...log.map(({ tsMs, level, text }) =>
      make('li', level, make('time', '', timeText(tsMs)), make('span', '', text)),
    ),
  );
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function figure(name: string, value: string, level = ''): HTMLElement {
  return make('span', level, make('b', '', value), name);
}
