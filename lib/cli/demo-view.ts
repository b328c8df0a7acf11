import { ordersText } from '../models/orders-kind.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import type { DemoState } from './demo-state.js';

/** Everything a frame shows. */
export interface DemoFrame {
  readonly banner: string;
  readonly symbol: string;
  readonly elapsedMs: number;
  readonly state: DemoState | undefined;
  readonly summary: StrategySummary | undefined;
  /** Events per second since the frame before. */
  readonly eventsPerSecond: number;
}

const MAX_LEVELS = 10;
const MAX_BAR = 22;
/** Rows of a frame beside the levels of both sides. */
const OTHER_ROWS = 13;
/** Columns of a level before its bar and after it. */
const BESIDE_BAR = 30;
const TAPE_COLUMNS = 36;

/** Room for a frame: characters. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}
const color = (code: number, text: string): string => `\u001b[${String(code)}m${text}\u001b[0m`;
const green = (text: string): string => color(32, text);
const red = (text: string): string => color(31, text);
const dim = (text: string): string => color(2, text);
const bold = (text: string): string => color(1, text);

/**
 * The frame as lines for a terminal, with colours. In a low one it has fewer levels of the book and
 * fewer trades, in a narrow one shorter bars.
 *
 * @param size - Default: room for everything.
 */
export function renderFrame(
  frame: DemoFrame,
  { columns, rows }: FrameSize = { columns: Infinity, rows: Infinity },
): string[] {
  const { state, summary } = frame;
  const levels = within(1, Math.floor((rows - OTHER_ROWS) / 2), MAX_LEVELS);
  const bar = within(4, columns - TAPE_COLUMNS - BESIDE_BAR, MAX_BAR);
  const lines = [bold(frame.banner), renderDestination(state), ''];
  const ladder =
    state === undefined ? [dim('waiting for the book …')] : renderLadder(state, levels, bar);
  const tape = state === undefined ? [] : renderTape(state);
  const left = BESIDE_BAR + bar;
  lines.push(`${pad(bold(`${frame.symbol}  book`), left)}${bold('trades')}`);
  for (let i = 0; i < levels * 2 + 1; i += 1)
    lines.push(`${pad(ladder[i] ?? '', left)}${tape[i] ?? ''}`);
  lines.push('', ...renderAccount(state, summary), '', ...renderFlow(frame));
  return lines;
}

/** The frame as one line, for pipes and logs. */
export function renderLine(frame: DemoFrame): string {
  const { state, summary } = frame;
  const bid = state?.bids[0]?.[0];
  const ask = state?.asks[0]?.[0];
  return [
    `${(frame.elapsedMs / 1000).toFixed(0)} s`,
    `${frame.symbol} ${bid === undefined ? '-' : String(bid)}/${ask === undefined ? '-' : String(ask)}`,
    `orders go: ${destination(state)}`,
    `${frame.eventsPerSecond.toFixed(0)} events/s`,
    `orders ${String(summary?.ordersSubmitted ?? 0)}`,
    `fills ${String(summary?.fills ?? 0)}`,
    `position ${quantity(state?.position ?? 0)}`,
    `feed p50 ${micros(summary?.feedLatency.p50Us)} p99 ${micros(summary?.feedLatency.p99Us)}`,
    `gaps ${String(summary?.gaps ?? 0)} dropped ${String(summary?.dropped ?? 0)}`,
  ].join('  ');
}

/** Where orders go, as the connector that is there says: known also of one that was joined. */
function renderDestination(state: DemoState | undefined): string {
  const text = destination(state);
  return `${bold('orders go')}   ${state?.orders === 'real' ? red(bold(text)) : text}`;
}

function destination(state: DemoState | undefined): string {
  return state === undefined ? 'unknown' : ordersText(state.orders, state.environment);
}

function renderLadder(state: DemoState, levels: number, bar: number): string[] {
  const asks = state.asks.slice(0, levels);
  const bids = state.bids.slice(0, levels);
  const most = Math.max(...[...asks, ...bids].map(([, qty]) => qty), 0);
  const own = new Map(state.quotes.map((quote) => [quote.price, quote]));
  const row = (
    [price, qty]: readonly [number, number],
    paint: (text: string) => string,
  ): string => {
    const width = most > 0 ? Math.max(1, Math.round((qty / most) * bar)) : 0;
    const mark = own.has(price) ? bold('◀') : ' ';
    return `${price.toFixed(2).padStart(12)} ${quantity(qty).padStart(9)} ${mark} ${paint('█'.repeat(width))}`;
  };
  const spread = (state.asks[0]?.[0] ?? NaN) - (state.bids[0]?.[0] ?? NaN);
  const middle = dim(
    `${' '.repeat(12)} spread ${spread.toFixed(2)}${state.book === 'live' ? '' : `  (${state.book})`}`,
  );
  return [
    ...asks.reverse().map((level) => row(level, red)),
    middle,
    ...bids.map((level) => row(level, green)),
  ];
}

function renderTape(state: DemoState): string[] {
  return state.tape.map(({ side, price, qty, tsMs }) => {
    const time = new Date(tsMs).toISOString().slice(11, 23);
    const text = `${side === 'buy' ? '▲' : '▼'} ${price.toFixed(2).padStart(11)} ${quantity(qty).padStart(9)}`;
    return `${dim(time)} ${side === 'buy' ? green(text) : red(text)}`;
  });
}

function renderAccount(
  state: DemoState | undefined,
  summary: StrategySummary | undefined,
): string[] {
  const quotes = (state?.quotes ?? []).map(({ side, price, leavesQty, cancelling }) => {
    const text = `${side} ${quantity(leavesQty)} @ ${price.toFixed(2)}${cancelling ? ' (cancel sent)' : ''}`;
    return side === 'buy' ? green(text) : red(text);
  });
  const pnl = state?.pnl ?? 0;
  return [
    `${bold('own orders')}  ${quotes.length === 0 ? dim('none') : quotes.join('   ')}`,
    `${bold('position')}    ${quantity(state?.position ?? 0)}   ${bold('PnL')} ${(pnl < 0 ? red : green)(pnl.toFixed(4))} ${dim('before fees')}   ` +
      `${bold('orders')} ${String(summary?.ordersSubmitted ?? 0)}   ${bold('fills')} ${String(summary?.fills ?? 0)}`,
  ];
}

function renderFlow(frame: DemoFrame): string[] {
  const { summary } = frame;
  const feed = summary?.feedLatency;
  const order = summary?.orderLatency;
  const faults = (summary?.gaps ?? 0) + (summary?.dropped ?? 0);
  const loss = `gaps ${String(summary?.gaps ?? 0)}   dropped ${String(summary?.dropped ?? 0)}`;
  return [
    `${bold('latency')}     feed → handler  p50 ${micros(feed?.p50Us)}  p99 ${micros(feed?.p99Us)}  max ${micros(feed?.maxUs)}`,
    `            order → answer  p50 ${micros(order?.p50Us)}  p99 ${micros(order?.p99Us)}  max ${micros(order?.maxUs)}`,
    `${bold('flow')}        ${frame.eventsPerSecond.toFixed(0)} events/s   ${faults > 0 ? red(loss) : loss}`,
    `${(frame.elapsedMs / 1000).toFixed(1)} s   events ${String(summary?.events ?? 0)}   trades ${String(summary?.trades ?? 0)}   ` +
      `book updates ${String(summary?.levels ?? 0)}   ${dim('Ctrl+C ends')}`,
  ];
}

function quantity(value: number): string {
  const text = value.toFixed(3);
  return text === '-0.000' ? '0.000' : text;
}

function micros(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value >= 1000 ? `${(value / 1000).toFixed(1)} ms` : `${value.toFixed(1)} µs`;
}

function within(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Pads to a visible width; colour codes take no room. */
function pad(text: string, width: number): string {
  const visible = text.replace(/\u001b\[\d+m/g, '').length;
  return text + ' '.repeat(Math.max(0, width - visible));
}
