import type { BookState } from '../models/book-state.js';
import type { LatencySummary } from '../models/latency-histogram.js';
import type { Side } from '../models/side.js';

/** How well something is: `warn` works with a fault, `bad` does not work. */
export type Level = 'ok' | 'warn' | 'bad';

/** One line that says how things are, and why. */
export interface StateLine {
  readonly level: Level;
  readonly text: string;
}

/** One connector, or another source of data. */
export interface ConnectorView extends StateLine {
  readonly name: string;
  /** `undefined` when unknown. */
  readonly pid: number | undefined;
  /** Age of its last sign of life in ms, `undefined` when it gives none. */
  readonly heartbeatAgeMs: number | undefined;
}

/** A trade on the tape. */
export interface TradeView {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Unix ms. */
  readonly tsMs: number;
}

/** An open order of the program that is shown. */
export interface OrderView {
  /** Decimal text: ids are 64-bit. */
  readonly id: string;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Quantity that may still be filled. */
  readonly leavesQty: number;
  readonly state: string;
}

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
  /** Unix ms. */
  readonly tsMs: number;
}

/** Middle price and spread at one time; `null` while the book has not both sides. */
export type ChartPoint = readonly [tsMs: number, mid: number | null, spread: number | null];

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
  readonly instruments: readonly string[];
  /** Index of the instrument that book, trades, orders and position belong to. */
  readonly instrument: number;
  readonly connectors: readonly ConnectorView[];
  readonly book: {
    /** Price and quantity, best first. */
    readonly bids: readonly (readonly [price: number, qty: number])[];
    readonly asks: readonly (readonly [price: number, qty: number])[];
    /** Whether the book can be traded on, and why not. */
    readonly state: BookState;
    /** True while `state` is `live`. */
    readonly synced: boolean;
    readonly tickSize: number;
    readonly lotSize: number;
  };
  /** The last ones, newest first. */
  readonly trades: readonly TradeView[];
  readonly orders: readonly OrderView[];
  /** Signed quantity; `undefined` while it is not known, and where there is no account. */
  readonly position: number | undefined;
  /** Profit of the session in quote currency; `undefined` when the program does not count it. */
  readonly pnl: number | undefined;
  readonly hops: readonly HopView[];
  readonly rates: readonly FigureView[];
  readonly losses: readonly FigureView[];
  readonly queues: readonly QueueView[];
  /** Its last lines, newest last. */
  readonly log: readonly LogLine[];
}

/** What the server sends over the page's WebSocket. */
export type PageMessage =
  | { readonly type: 'history'; readonly points: readonly ChartPoint[] }
  | { readonly type: 'view'; readonly view: LiveView }
  /** The fields that differ from the message before; `null` stands for `undefined`. */
  | { readonly type: 'change'; readonly change: Partial<LiveView> };
