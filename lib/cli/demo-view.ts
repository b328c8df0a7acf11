import { isLinkUp } from '../models/link-state.js';
import { ordersText } from '../models/orders-kind.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import { bold, dim, green, pad, red } from './colored.js';
import { decimalsOf } from './decimals-of.js';
import type { DemoState } from './demo-state.js';

/** Everything a frame shows. */
export interface DemoFrame {
  readonly banner: string;
  readonly symbol: string;
  readonly tickSize: number;
  readonly lotSize: number;
  readonly elapsedMs: number;
  readonly state: DemoState | undefined;
  readonly summary: StrategySummary | undefined;
  /** Events per second since the frame before. */
  readonly eventsPerSecond: number;
  /** Address of the live page; `undefined` without one. */
  readonly page: string | undefined;
  /** What was said last besides, one line; '' when nothing was. */
  readonly message: string;
}

/** Room for a frame: characters. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** What stands side by side, and how many levels of a side fit. */
interface Layout {
  readonly levels: number;
  readonly bar: number;
  readonly hasFills: boolean;
}

/** The strategy reports so many levels of each side. */
export const LEVELS = 25;
/** Levels where the size is not known. */
const LEVELS_UNKNOWN = 10;
const MOST_BAR = 60;
/** Rows of the book that are no levels. */
const TITLE_AND_SPREAD = 2;
/** Columns of a level beside its bar. */
const BESIDE_BAR = 30;
/** Columns of a list of trades. */
const LIST_COLUMNS = 38;

/**
 * The frame as lines for a terminal, with colours. In a low one it has fewer levels of the book and
 * fewer trades; a wide one has longer bars, and a list of own fills.
 *
 * @param size - Default: ten levels.
 */
export function renderFrame(frame: DemoFrame, size?: FrameSize): string[] {
  const { state, page, message } = frame;
  const above = [
    bold(wholeParts(frame.banner, size?.columns ?? Infinity)),
    renderDestination(state),
    ...(page === undefined ? [] : [`${bold('live page')}   ${page}`]),
    '',
  ];
  const below = [
    '',
    ...renderAccount(frame),
    ...renderFlow(frame),
    ...(message === '' ? [] : [message]),
  ];
  const layout = layoutFor(size, above.length + TITLE_AND_SPREAD + below.length);
  const left = BESIDE_BAR + layout.bar;
  const ladder =
    state === undefined ? [dim('waiting for the book …')] : renderLadder(frame, state, layout);
  const tape = state === undefined ? [] : renderTrades(frame, state.tape);
  const fills = state === undefined || !layout.hasFills ? [] : renderTrades(frame, state.ownFills);
  const rows = Array.from({ length: layout.levels * 2 + 1 }, (_, i) =>
    [pad(ladder[i] ?? '', left), pad(tape[i] ?? '', LIST_COLUMNS), fills[i] ?? ''].join(''),
  );
  const title = [
    pad(bold(`${frame.symbol}  book`), left),
    pad(bold('trades'), LIST_COLUMNS),
    layout.hasFills ? bold('own fills') : '',
  ].join('');
  return [...above, title, ...rows, ...below];
}

function layoutFor(size: FrameSize | undefined, otherRows: number): Layout {
  if (size === undefined) return { levels: LEVELS_UNKNOWN, bar: 22, hasFills: true };
  const levels = within(1, Math.floor((size.rows - otherRows) / 2), LEVELS);
  const hasFills = size.columns >= BESIDE_BAR + 2 * LIST_COLUMNS + 16;
  const lists = hasFills ? 2 * LIST_COLUMNS : LIST_COLUMNS;
  return { levels, bar: within(4, size.columns - lists - BESIDE_BAR, MOST_BAR), hasFills };
}

/** The frame as one line, for pipes and logs. */
export function renderLine(frame: DemoFrame): string {
  const { state, summary } = frame;
  const price = (value: number | undefined): string =>
    value === undefined ? '-' : priceText(frame, value);
  return [
    `${(frame.elapsedMs / 1000).toFixed(0)} s`,
    `${frame.symbol} ${price(state?.bids[0]?.[0])}/${price(state?.asks[0]?.[0])}`,
    `orders go: ${destination(state)}`,
    ...(state !== undefined && hasLinkTrouble(state) ? [`link ${linkText(state)}`] : []),
    `${frame.eventsPerSecond.toFixed(0)} events/s`,
    `orders ${String(summary?.ordersSubmitted ?? 0)}`,
    `fills ${String(summary?.fills ?? 0)}`,
    `position ${quantity(frame, state?.position)}`,
    `feed p50 ${micros(summary?.feedLatency.p50Us)} p99 ${micros(summary?.feedLatency.p99Us)}`,
    lossText(summary, '  '),
  ].join('  ');
}

const BETWEEN_PARTS = '  ·  ';

/** As many parts of a line as fit, whole. */
function wholeParts(text: string, columns: number): string {
  const parts = text.split(BETWEEN_PARTS);
  while (parts.length > 1 && parts.join(BETWEEN_PARTS).length > columns) parts.pop();
  return parts.join(BETWEEN_PARTS);
}

/** Where orders go, as the connector that is there says, known also of one that was joined; and the link. */
function renderDestination(state: DemoState | undefined): string {
  const text = destination(state);
  const orders = state?.orders === 'real' ? red(bold(text)) : text;
  if (state === undefined) return `${bold('orders go')}   ${orders}`;
  const link = linkText(state);
  const isWell = isLinkUp(state.link) && state.link !== 'venue_down';
  return `${bold('orders go')}   ${orders}   ${bold('link')} ${isWell ? link : red(bold(link))}`;
}

function destination(state: DemoState | undefined): string {
  return state === undefined ? 'unknown' : ordersText(state.orders, state.environment);
}

function hasLinkTrouble(state: DemoState): boolean {
  return state.linkLosses > 0 || !isLinkUp(state.link);
}

function linkText({ link, linkLosses }: DemoState): string {
  const words = link.replace('_', ' ');
  return linkLosses === 0 ? words : `${words} (lost ${String(linkLosses)}×)`;
}

function renderLadder(frame: DemoFrame, state: DemoState, { levels, bar }: Layout): string[] {
  const asks = state.asks.slice(0, levels);
  const bids = state.bids.slice(0, levels);
  const most = Math.max(...[...asks, ...bids].map(([, qty]) => qty), 0);
  const own = new Set(state.quotes.map(({ price }) => price));
  const row = (
    [price, qty]: readonly [number, number],
    paint: (text: string) => string,
  ): string => {
    const width = most > 0 ? Math.max(1, Math.round((qty / most) * (bar - 1))) : 0;
    const mark = own.has(price) ? bold('◀') : ' ';
    return `${priceText(frame, price).padStart(12)} ${quantity(frame, qty).padStart(12)} ${mark} ${paint('█'.repeat(width))}`;
  };
  const spread = (state.asks[0]?.[0] ?? NaN) - (state.bids[0]?.[0] ?? NaN);
  const book = state.book === 'live' ? '' : `  (${state.book})`;
  const middle = `spread ${priceText(frame, spread)}${book}`;
  const indent = within(0, BESIDE_BAR + bar - 1 - middle.length, 13);
  return [
    ...asks.reverse().map((level) => row(level, red)),
    dim(`${' '.repeat(indent)}${middle}`),
    ...bids.map((level) => row(level, green)),
  ];
}

function renderTrades(frame: DemoFrame, trades: DemoState['tape']): string[] {
  return trades.map(({ side, price, qty, tsMs }) => {
    const time = new Date(tsMs).toISOString().slice(11, 23);
    const text = `${side === 'buy' ? '▲' : '▼'} ${priceText(frame, price).padStart(11)} ${quantity(frame, qty).padStart(9)}`;
    return `${dim(time)} ${side === 'buy' ? green(text) : red(text)}`;
  });
}

function renderAccount(frame: DemoFrame): string[] {
  const { state, summary } = frame;
  const quotes = (state?.quotes ?? []).map(({ side, price, leavesQty, cancelling }) => {
    const text = `${side} ${quantity(frame, leavesQty)} @ ${priceText(frame, price)}${cancelling ? ' (cancel sent)' : ''}`;
    return side === 'buy' ? green(text) : red(text);
  });
  const pnl = state?.pnl ?? 0;
  const pnlText = Number.isFinite(pnl) ? pnl.toFixed(4) : '-';
  return [
    `${bold('own orders')}  ${quotes.length === 0 ? dim('none') : quotes.join('   ')}`,
    `${bold('position')}    ${quantity(frame, state?.position)}   ${bold('PnL')} ${(pnl < 0 ? red : green)(pnlText)} ${dim('before fees')}   ` +
      `${bold('orders')} ${String(summary?.ordersSubmitted ?? 0)}   ${bold('fills')} ${String(summary?.fills ?? 0)}`,
    '',
  ];
}

function renderFlow(frame: DemoFrame): string[] {
  const { summary } = frame;
  const feed = summary?.feedLatency;
  const order = summary?.orderLatency;
  const faults = (summary?.gaps ?? 0) + (summary?.lost ?? 0) + (summary?.dropped ?? 0);
  const loss = lossText(summary, '   ');
  return [
    `${bold('latency')}     feed → handler  p50 ${micros(feed?.p50Us)}  p99 ${micros(feed?.p99Us)}  max ${micros(feed?.maxUs)}`,
    `            order → answer  p50 ${micros(order?.p50Us)}  p99 ${micros(order?.p99Us)}  max ${micros(order?.maxUs)}`,
    `${bold('flow')}        ${frame.eventsPerSecond.toFixed(0)} events/s   ${faults > 0 ? red(loss) : loss}`,
    `${(frame.elapsedMs / 1000).toFixed(1)} s   events ${String(summary?.events ?? 0)}   trades ${String(summary?.trades ?? 0)}   ` +
      `book updates ${String(summary?.levels ?? 0)}   ${dim('Ctrl+C ends')}`,
  ];
}

function lossText(summary: StrategySummary | undefined, gap: string): string {
  return (['gaps', 'lost', 'dropped'] as const)
    .map((name) => `${name} ${String(summary?.[name] ?? 0)}`)
    .join(gap);
}

function priceText({ tickSize }: DemoFrame, value: number): string {
  return Number.isFinite(value) ? value.toFixed(decimalsOf(tickSize)) : '-';
}

/** '-' while it is not known. */
function quantity({ lotSize }: DemoFrame, value = 0): string {
  if (!Number.isFinite(value)) return '-';
  const text = value.toFixed(decimalsOf(lotSize));
  return Number(text) === 0 ? text.replace('-', '') : text;
}

function micros(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value >= 1000 ? `${(value / 1000).toFixed(1)} ms` : `${value.toFixed(1)} µs`;
}

function within(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
