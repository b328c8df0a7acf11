import type { ConnectorView, Level, LiveView, StateLine } from '../../live-view.js';
import { marketNames } from './address.js';
import { byId, setClass, setText } from './dom.js';
import { digitsOf, durationText } from './format.js';

const SIGNS: Readonly<Record<Level, string>> = { ok: '', warn: '⚠ ', bad: '✖ ' };
const COLORS: Readonly<Record<Level, string>> = { ok: '0b7a53', warn: 'c98a00', bad: 'd0342c' };
const KINDS: Readonly<Record<string, string>> = {
  real: 'REAL orders',
  paper: 'paper orders',
  simulated: 'simulated orders',
  none: 'no orders: market data only',
  unknown: 'orders: not known where',
};

/** What becomes of orders, in words; the class of its colour is `kind-` and the word. */
export function ordersWords({ orders, environment }: ConnectorView): string {
  const isMore = environment !== '' && environment !== orders && environment !== 'unknown';
  return `${KINDS[orders] ?? orders}${isMore ? ` · ${environment}` : ''}`;
}

/** Title line: where data comes from, where orders go, state and its reason, uptime. */
export function drawHeader(view: LiveView): void {
  const { backend, connectors, markets, instrument, state, uptimeMs } = view;
  const badge = byId('backend');
  setText(badge, backend === 'stub' ? 'STUB: made-up prices' : (backend ?? 'not started'));
  setClass(badge, `badge ${backend ?? ''}`);
  badge.hidden = backend === undefined;
  const name = markets[instrument]?.connector;
  const connector = connectors.find((each) => each.name === name) ?? connectors[0];
  const orders = byId('orders-kind');
  orders.hidden = connector === undefined;
  if (connector !== undefined) {
    setText(orders, ordersWords(connector));
    setClass(orders, `badge kind-${connector.orders}`);
  }
  drawState(state);
  setText(byId('uptime'), `up ${durationText(uptimeMs)}`);
}

/** The one line that says how things are. */
export function drawState({ level, text }: StateLine): void {
  const state = byId('state');
  setText(state, text);
  setClass(state, `state ${level}`);
}

/** Title and icon of the page: state first, so that a tab in the background shows it. */
export function drawTitle(view: LiveView | undefined, { level, text }: StateLine): void {
  const name = view === undefined ? '' : (marketNames(view.markets)[view.instrument] ?? '');
  const mid = view?.positions.find(({ market }) => market === view.instrument)?.mid;
  const price =
    level === 'ok' && typeof mid === 'number' && view !== undefined
      ? ` ${mid.toFixed(digitsOf(view.book.tickSize))}`
      : '';
  const title = `${SIGNS[level]}${name}${price} – ${text}`;
  if (document.title !== title) document.title = title;
  const shape = level === 'ok' ? '%3Ccircle cx="8" cy="8" r="7"' : '%3Cpath d="M8 0 16 15H0z"';
  const icon = `data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"%3E${shape} fill="%23${COLORS[level]}"/%3E%3C/svg%3E`;
  const link = byId('icon');
  if (link.getAttribute('href') !== icon) link.setAttribute('href', icon);
}
