import type { LiveView, StateLine } from '../live-view.js';
import type { PageMessage } from '../view/page-message.js';
import { PriceChart } from './chart/price-chart.js';
import { WidthChoice } from './chart/width-choice.js';
import { Ladder } from './depth/ladder.js';
import { drawTape } from './depth/tape.js';
import { drawAccount } from './frame/account.js';
import { addressedMarket, marketHash, marketKey } from './frame/address.js';
import { Connection } from './frame/connection.js';
import { byId, setText } from './frame/dom.js';
import { digitsOf } from './frame/format.js';
import { Frames } from './frame/frames.js';
import { drawHeader, drawState, drawTitle } from './frame/header.js';
import { bindKeys } from './frame/keys.js';
import { MarketPicker } from './frame/market-picker.js';
import { PageState } from './frame/page-state.js';
import { Panels } from './frame/panel.js';
import { Theme } from './frame/theme.js';
import { drawConnectors } from './health/connectors.js';
import { drawFlow } from './health/flow.js';
import { LatencyPanel } from './health/latency.js';
import { LogPanel } from './log/log-panel.js';
import { Tabs } from './tables/tabs.js';
import { drawTables } from './tables/trading-tables.js';

/** Numbers that are read one by one, and drawings that hardly move, need no more than this. */
const CALM_MS = 450;
const CHART_MS = 200;

const state = new PageState();
/** The market that was asked for, '' for any. */
let asked = addressedMarket(location.hash);
let lostWhy = '';

const redraw = (): void => {
  panels.changed();
  frames.ask();
};
const theme = new Theme(() => {
  chart.paint();
  redraw();
});
const width = new WidthChoice((seconds) => {
  chart.width = seconds;
  redraw();
  frames.ask();
});
const chart = new PriceChart(width.width);
const ladder = new Ladder(redraw);
const latency = new LatencyPanel();
const log = new LogPanel(redraw);
const picker = new MarketPicker(choose);
const tabs = new Tabs(byId('tabs'), redraw);
const panels = new Panels([
  {
    shows: ['backend', 'state', 'uptimeMs', 'connectors', 'markets', 'instrument'],
    everyMs: 0,
    draw: drawHeader,
  },
  {
    shows: ['state', 'positions', 'markets', 'instrument'],
    everyMs: 0,
    draw: (view) => {
      drawTitle(view, stateLine(view));
    },
  },
  {
    shows: ['book', 'orders'],
    everyMs: 0,
    isLarge: true,
    draw: (view) => {
      ladder.draw(view);
    },
  },
  { shows: ['trades'], everyMs: 0, isLarge: true, draw: drawTape },
  {
    shows: ['orders', 'position', 'pnl', 'account'],
    everyMs: CALM_MS,
    draw: drawAccount,
  },
  {
    shows: ['orders', 'fills', 'positions', 'markets'],
    everyMs: CALM_MS,
    isLarge: true,
    draw: drawTables,
  },
  { shows: ['rates', 'losses', 'outcomes', 'queues'], everyMs: CALM_MS, draw: drawFlow },
  { shows: ['connectors'], everyMs: CALM_MS, draw: drawConnectors },
  {
    shows: ['log', 'instruments'],
    everyMs: CALM_MS,
    isLarge: true,
    draw: (view) => {
      log.draw(view);
    },
  },
  {
    shows: ['hops'],
    everyMs: CALM_MS,
    isLarge: true,
    draw: (view) => {
      latency.draw(view);
    },
  },
  { shows: ['atMs', 'book', 'orders', 'fills'], everyMs: CHART_MS, isLarge: true, draw: drawChart },
  {
    shows: ['markets', 'instrument'],
    everyMs: 0,
    draw: (view) => {
      picker.draw(view);
    },
  },
]);
const frames = new Frames(
  () => state.view !== undefined && panels.draw(state.view, performance.now()),
);
const connection = new Connection({ market: () => asked, take, lost });

function stateLine(view: LiveView): StateLine {
  return lostWhy === '' ? view.state : { level: 'bad', text: lostWhy };
}

function midOf({ book }: LiveView): number | null {
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  return bid === undefined || ask === undefined || !book.synced ? null : (bid + ask) / 2;
}

function drawChart(view: LiveView): void {
  chart.draw(view);
  const { book, trades } = view;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const digits = digitsOf(book.tickSize);
  const [mid, last] = [midOf(view), trades[0]?.price];
  const parts = [
    ...(last === undefined ? [] : [`last ${last.toFixed(digits)}`]),
    ...(mid === null ? [] : [`mid ${mid.toFixed(digits + 1)}`]),
    ...(bid === undefined || ask === undefined ? [] : [`spread ${(ask - bid).toFixed(digits)}`]),
  ];
  setText(byId('chart-now'), parts.join(' · '));
}

function take(message: PageMessage): void {
  if (message.type === 'history') {
    chart.reset(message.candles, message.mids);
    return;
  }
  const changed = state.take(message);
  const { view } = state;
  if (view === undefined) return;
  if (lostWhy !== '') {
    lostWhy = '';
    document.body.classList.remove('stale');
    panels.changed();
  }
  panels.changed(changed);
  if (changed === undefined) arrived(view);
  const candles = message.type === 'change' ? (message.candles ?? []) : [];
  chart.add(candles, view.atMs, midOf(view));
  frames.ask();
}

/** The first view of a market: the address follows it, and one that was asked for in vain is named. */
function arrived({ markets, instrument }: LiveView): void {
  const market = markets[instrument];
  if (market === undefined) return;
  const key = marketKey(market);
  const isOther = asked !== '' && asked !== key && asked !== market.symbol;
  const notice = byId('notice');
  notice.hidden = !isOther;
  setText(notice, isOther ? `There is no ${asked} here. This is ${key}.` : '');
  asked = key;
  const hash = marketHash(key);
  if (location.hash !== hash) history.replaceState(null, '', hash);
}

function lost(why: string): void {
  lostWhy = why;
  document.body.classList.add('stale');
  const line: StateLine = { level: 'bad', text: why };
  drawState(line);
  drawTitle(state.view, line);
}

function choose(key: string): void {
  asked = key;
  connection.open();
}

addEventListener('hashchange', () => {
  const key = addressedMarket(location.hash);
  if (key !== asked) choose(key);
});
byId('chart').addEventListener('keydown', (event) => {
  const actions: Record<string, () => void> = {
    ArrowLeft: () => {
      chart.scroll(-5);
    },
    ArrowRight: () => {
      chart.scroll(5);
    },
    '+': () => {
      chart.zoom(1.25);
    },
    '-': () => {
      chart.zoom(0.8);
    },
    '0': () => {
      chart.fit();
    },
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
});
bindKeys([
  {
    key: 'j',
    text: 'next market',
    run: () => {
      picker.step(1);
    },
  },
  {
    key: 'k',
    text: 'market before',
    run: () => {
      picker.step(-1);
    },
  },
  {
    key: 'm',
    text: 'list of markets',
    run: () => {
      byId('instrument').focus();
    },
  },
  ...['1 s', '5 s', '15 s', '1 min'].map((name, index) => ({
    key: String(index + 1),
    text: `candles of ${name}`,
    run: () => {
      width.choose(index);
    },
  })),
  ...['orders', 'fills', 'positions'].map((name, index) => ({
    key: name.charAt(0),
    text: `table of ${name === 'orders' ? 'open orders' : name}`,
    run: () => {
      tabs.open(index);
    },
  })),
  {
    key: 'l',
    text: 'filter of the log',
    run: () => {
      byId('log-level').focus();
    },
  },
  {
    key: 't',
    text: 'light, dark, or as the system',
    run: () => {
      theme.next();
    },
  },
  { key: '', name: '← →', text: 'chart with the focus: earlier, later; tabs: the next one' },
  { key: '', name: '+ - 0', text: 'chart with the focus: wider, narrower, all' },
  { key: '', name: 'Tab Enter', text: 'to the next control; sorts by the header of a column' },
]);
connection.open();
