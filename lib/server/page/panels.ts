import type {
  ConnectorView,
  FigureView,
  LiveView,
  LogLine,
  OrderView,
  QueueView,
  StateLine,
  TradeView,
} from '../live-view.js';
import { byId, make, setClass, setText } from './dom.js';
import { countText, digitsOf, durationText, timeText } from './format.js';
import { Label, Rows, type Row } from './rows.js';

/** Title line: backend, state and its reason, uptime. */
export function drawHeader(view: LiveView): void {
  const badge = byId('backend');
  setText(
    badge,
    view.backend === 'stub' ? 'STUB: made-up prices' : (view.backend ?? 'not started'),
  );
  setClass(badge, `badge ${view.backend ?? ''}`);
  drawState(view.state);
  setText(byId('uptime'), `up ${durationText(view.uptimeMs)}`);
}

/** The one line that says how things are. */
export function drawState({ level, text }: StateLine): void {
  const state = byId('state');
  setText(state, text);
  setClass(state, `state ${level}`);
}

/** A table row of texts. */
function cells<T>(texts: (item: T) => readonly (readonly [text: string, className: string])[]) {
  return (): Row<T> => {
    const element = make('tr');
    const row: { cell: HTMLElement; label: Label }[] = [];
    return {
      element,
      fill: (item) => {
        for (const [index, [text, className]] of texts(item).entries()) {
          let part = row[index];
          if (part === undefined) {
            const label = new Label();
            part = { label, cell: make('td', '', label.node) };
            row.push(part);
            element.append(part.cell);
          }
          part.label.set(text);
          setClass(part.cell, className);
        }
      },
    };
  };
}

type Digits = readonly [price: number, qty: number];
const digits = ({ book }: LiveView): Digits => [digitsOf(book.tickSize), digitsOf(book.lotSize)];

const tape = new Rows<readonly [TradeView, Digits]>(
  byId('tape'),
  cells(([{ side, price, qty, tsMs }, [priceDigits, qtyDigits]]) => [
    [timeText(tsMs, true), 'quiet'],
    [price.toFixed(priceDigits), `n ${side}`],
    [qty.toFixed(qtyDigits), 'n'],
  ]),
);

/** The trades tape. */
export function drawTape(view: LiveView): void {
  const steps = digits(view);
  tape.show(view.trades.slice(0, 32).map((trade) => [trade, steps] as const));
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly level: string;
}

function figureRow(): Row<Figure> {
  const [name, value] = [new Label(), new Label()];
  const element = make('span', '', make('b', '', value.node), name.node);
  return {
    element,
    fill: (figure) => {
      setClass(element, figure.level);
      name.set(figure.name);
      value.set(figure.value);
    },
  };
}

const account = new Rows<Figure>(byId('position'), figureRow);
const orderRows = new Rows<readonly [OrderView, Digits]>(
  byId('orders'),
  cells(([{ side, price, leavesQty, qty, state }, [priceDigits, qtyDigits]]) => [
    [side, side],
    [price.toFixed(priceDigits), 'n'],
    [leavesQty.toFixed(qtyDigits), 'n'],
    [qty.toFixed(qtyDigits), 'n'],
    [state, 'quiet'],
  ]),
);

/** Position, profit, and own open orders. */
export function drawOrders(view: LiveView): void {
  const { orders, position, pnl } = view;
  const steps = digits(view);
  const held = typeof position === 'number' ? position.toFixed(steps[1]) : 'not known';
  const figures = [{ name: 'position', value: held, level: '' }];
  if (typeof pnl === 'number')
    figures.push({ name: 'profit, fees not counted', value: pnl.toFixed(2), level: '' });
  figures.push({ name: 'open orders', value: countText(orders.length), level: '' });
  account.show(figures);
  orderRows.show(orders.slice(0, 12).map((order) => [order, steps] as const));
}

const rateRows = new Rows<Figure>(byId('rates'), figureRow);
const lossRows = new Rows<Figure>(byId('losses'), figureRow);

/** Rates and losses. */
export function drawFigures({ rates, losses }: LiveView): void {
  const text = ({ name, value, unit, level }: FigureView): Figure => ({
    name,
    value: countText(value) + unit,
    level,
  });
  rateRows.show(rates.map(text));
  lossRows.show(losses.map(text));
}

const connectorRows = new Rows<ConnectorView>(byId('connectors'), connectorRow);

function connectorRow(): Row<ConnectorView> {
  const [name, text, more] = [new Label(), new Label(), new Label()];
  const title = make('b', '', name.node);
  return {
    element: make('li', '', title, text.node, make('div', 'quiet', more.node)),
    fill: (connector) => {
      const { level, pid, heartbeatAgeMs } = connector;
      setClass(title, level);
      name.set(`● ${connector.name} `);
      text.set(connector.text);
      more.set(
        [
          ...(pid === undefined ? [] : [`pid ${String(pid)}`]),
          ...(heartbeatAgeMs === undefined ? [] : [`seen ${countText(heartbeatAgeMs)} ms ago`]),
        ].join(', '),
      );
    },
  };
}

const queueRows = new Rows<QueueView>(
  byId('queues'),
  cells(({ name, size, capacity, dropped, policy }) => [
    [`${name} (${policy})`, ''],
    [countText(size), 'n'],
    [countText(capacity), 'n quiet'],
    [countText(dropped), dropped > 0 ? 'n warn' : 'n'],
  ]),
);

/** Connectors with their reasons, and queues. */
export function drawLinks({ connectors, queues }: LiveView): void {
  connectorRows.show(connectors);
  queueRows.show(queues);
  byId('no-queues').hidden = queues.length > 0;
}

const log = byId('log');
const logRows = new Rows<LogLine>(log, () => {
  const [time, text] = [new Label(), new Label()];
  const element = make('li', '', make('time', '', time.node), make('span', '', text.node));
  return {
    element,
    fill: (line) => {
      setClass(element, line.level);
      time.set(timeText(line.tsMs));
      text.set(line.text);
    },
  };
});

/** The log tail; stays at its end unless it was scrolled up. */
export function drawLog(view: LiveView): void {
  const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
  logRows.show(view.log);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}
