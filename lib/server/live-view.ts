import type { LatencySummary } from '../models/latency-histogram.js';
import type { AccountView, FillView, OrderView, PositionView } from './view/account-view.js';
import type { ConnectorView } from './view/connector-view.js';
import type { BookView, MarketView, TradeView } from './view/market-view.js';
import type { Level, StateLine } from './view/state-line.js';

export type * from './view/account-view.js';
export type * from './view/connector-view.js';
export type * from './view/market-view.js';
export type * from './view/state-line.js';

/** Latencies of one hop between venue and handler. */
export interface HopView {
  readonly name: string;
  /** From where to where. */
  readonly about: string;
  readonly latency: LatencySummary;
}

/** A named figure; `level` is other than `ok` when it should be looked at. */
export interface FigureView {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly level: Level;
}

/** A queue between producer and consumer. */
export interface QueueView {
  readonly name: string;
  readonly size: number;
  readonly capacity: number;
  readonly policy: string;
  /** Events that went unread because it was full. */
  readonly dropped: number;
}

/** A line of the log tail. */
export interface LogLine extends StateLine {
  /** The same for all repetitions of a line. */
  readonly id: number;
  /** Unix ms; of a repeated line the newest. */
  readonly tsMs: number;
  /** What it is about, '' when it is about no single instrument. */
  readonly symbol: string;
  /** How often it came: 1 for a line that was not repeated. */
  readonly count: number;
}

/** Everything that the live page shows, made for one moment. Can be written as JSON. */
export interface LiveView {
  /** The moment, Unix ms. */
  readonly atMs: number;
  /** `undefined` before the start. */
  readonly backend: 'native' | 'stub' | undefined;
  /** Time since the start, ms. */
  readonly uptimeMs: number;
  /** The whole in one line. */
  readonly state: StateLine;
  /** Symbols, in the order of `markets`. */
  readonly instruments: readonly string[];
  /** The instruments with their connectors: a symbol may stand there twice. */
  readonly markets: readonly MarketView[];
  /** Index of the instrument that book, trades, account and `position` belong to. */
  readonly instrument: number;
  readonly connectors: readonly ConnectorView[];
  readonly book: BookView;
  /** The last ones of the instrument, newest first. */
  readonly trades: readonly TradeView[];
  /** Open orders of all instruments. */
  readonly orders: readonly OrderView[];
  /** The last 200 of all instruments, newest first. */
  readonly fills: readonly FillView[];
  /** One entry per instrument. */
  readonly positions: readonly PositionView[];
  readonly account: AccountView;
  /** Signed quantity; `undefined` while it is not known, and where there is no account. */
  readonly position: number | undefined;
  /** Profit of the session in quote currency, before fees; `undefined` when the program does not count it. */
  readonly pnl: number | undefined;
  readonly hops: readonly HopView[];
  readonly rates: readonly FigureView[];
  /** What became of orders. A refusal and a quote that expired are outcomes, not faults. */
  readonly outcomes: readonly FigureView[];
  readonly losses: readonly FigureView[];
  readonly queues: readonly QueueView[];
  /** Its last lines, newest last. */
  readonly log: readonly LogLine[];
}
