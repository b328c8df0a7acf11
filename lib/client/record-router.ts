import {
  balanceFromView,
  bookStateFromView,
  connectorErrorFromView,
  gapFromView,
  linkFromView,
  noticeFromView,
  orderFromView,
  positionFromView,
} from '../models/event-from-view.js';
import type { EventView } from '../models/event-view.js';
import type { BookLevel } from '../models/book-level.js';
import { bookStateFromCode } from '../models/book-state.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { Balances } from '../models/balances.js';
import type { LinkChange } from '../models/link-change.js';
import { RecordKind } from '../models/record-layout.js';
import { tradeFromView } from '../models/trade.js';
import type { ConnectorError } from '../models/connector-error.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { ClientMetrics } from './client-metrics.js';
import type { EventHub } from './event-hub.js';
import type { InstrumentState } from './instrument-state.js';
import type { OrderManager } from './order-manager.js';

export interface RecordRouterOptions {
  readonly specs: readonly InstrumentSpec[];
  readonly instruments: readonly InstrumentState[];
  readonly hub: EventHub;
  readonly metrics: ClientMetrics;
  readonly orders: OrderManager;
  readonly balances: Balances;
  readonly onLink: (change: LinkChange) => void;
  /** `ordersKnown` is false when the connector does not know the account's orders. */
  readonly onBookReady: (asset: number, ordersKnown: boolean) => void;
  /** The state of a book was reported; the instrument's own is up to date. */
  readonly onBookState: (asset: number) => void;
  readonly onConnectorError: (error: ConnectorError) => void;
  readonly onNotice: (notice: ConnectorNotice) => void;
  readonly monotonicNs: () => number;
}

/** The clock is read for one record in this many: reading it costs more than handling a level. */
const CLOCK_EVERY = 16;

/** The side of an update that has none; shared by all of them, and never pushed to. */
const NO_LEVELS = Object.freeze([]) as unknown as BookLevel[];

/**
 * Turns the records of the ring into the client's state and events, in order. An object is made
 * only for events with a listener. Order, position and link state is brought up to date
 * before the event about it is reported.
 */
export class RecordRouter {
  readonly #options: RecordRouterOptions;
  /** Instruments with levels since the last batch edge, first touched first. */
  readonly #touched: InstrumentState[] = [];
  #nowNs = 0;
  #sinceClock = 0;
  #inBatch = false;

  constructor(options: RecordRouterOptions) {
    this.#options = options;
  }

  /** A turn of reading starts. */
  beginTurn(): void {
    this.#sinceClock = 0;
    this.#options.metrics.lastEventMs = performance.now();
  }

  /** A turn ends: levels outside of a batch do not wait for the next. */
  endTurn(): void {
    if (!this.#inBatch) this.#flush();
  }

  /** One record of the ring. */
  readonly handle = (view: EventView): void => {
    const { metrics } = this.#options;
    metrics.events += 1;
    switch (view.kind) {
      case RecordKind.BatchStart:
        this.#flush();
        this.#inBatch = true;
        return;
      case RecordKind.BatchEnd:
        this.#inBatch = false;
        this.#flush();
        return;
      case RecordKind.Depth:
        this.#measure(view);
        this.#level(view);
        return;
      case RecordKind.Trade:
        this.#measure(view);
        this.#trade(view);
        return;
      default:
        this.#rare(view);
    }
  };

  #rare(view: EventView): void {
    const { hub, metrics, orders, specs, instruments } = this.#options;
    const state = instruments[view.asset];
    switch (view.kind) {
      case RecordKind.Order:
        metrics.orders += 1;
        if (hub.wants('executionReport')) hub.emit('executionReport', orderFromView(view, specs));
        // What the bot itself concluded was reported by the `Reject` record before.
        if (!view.isSynthetic) orders.onReport(view);
        return;
      case RecordKind.Execution:
        orders.onExecution(view);
        return;
      case RecordKind.Reject:
        if (view.isSynthetic) orders.onConcluded(view.orderId, view.valueNumber, view.text());
        else this.#reject(view);
        return;
      case RecordKind.Command:
        orders.onCommand(Number(view.orderId), view.statusCode, bookStateFromCode(view.codes.req));
        return;
      case RecordKind.Position:
        if (state === undefined || Object.is(state.position, view.qty)) return;
        state.position = view.qty;
        if (hub.wants('position')) hub.emit('position', positionFromView(view, specs));
        return;
      case RecordKind.Balance: {
        const balance = balanceFromView(view, specs);
        this.#options.balances.keep(balance);
        hub.emit('balance', balance);
        return;
      }
      case RecordKind.Notice:
        this.#options.onNotice(noticeFromView(view, specs));
        return;
      case RecordKind.Error:
        this.#options.onConnectorError(connectorErrorFromView(view, specs));
        return;
      case RecordKind.Link:
        this.#flush();
        this.#options.onLink(linkFromView(view, specs));
        return;
      case RecordKind.Gap:
        metrics.gaps += 1;
        metrics.lost += view.valueNumber;
        hub.emit('gap', gapFromView(view, specs));
        return;
      case RecordKind.BookReset:
        if (state === undefined) return;
        this.#flush();
        state.book.clear();
        state.pendingReset = true;
        hub.emit(
          'bookReset',
          Object.freeze({ type: 'bookReset', asset: state.asset, symbol: state.spec.symbol }),
        );
        return;
      case RecordKind.BookState:
        if (state === undefined) return;
        this.#flush();
        state.reportedState = view.bookState;
        // Every level of it stands before this record.
        if (state.reportedState === 'live') state.book.synced = true;
        hub.emit('bookState', bookStateFromView(view, specs));
        this.#options.onBookState(state.asset);
        return;
      case RecordKind.BookReady:
        if (state === undefined) return;
        this.#flush();
        state.book.synced = true;
        hub.emit(
          'bookReady',
          Object.freeze({ type: 'bookReady', asset: state.asset, symbol: state.spec.symbol }),
        );
        this.#options.onBookReady(state.asset, view.statusCode === 0);
        return;
      default:
    }
  }

  #reject(view: EventView): void {
    const { orders } = this.#options;
    const reject = { code: view.valueNumber, text: view.text() };
    // No order has the id 0: it stands for all that a cancel-all meant.
    if (view.orderId === 0n) orders.onCancelAllRefused(view.asset, reject);
    else orders.onReject(view.orderId, reject);
  }

  #trade(view: EventView): void {
    const { hub, metrics, specs, instruments } = this.#options;
    metrics.trades += 1;
    const state = instruments[view.asset];
    if (state === undefined) return;
    state.lastEventMs = metrics.lastEventMs;
    if (!this.#inBatch) this.#flush();
    if (hub.wants('trade')) hub.emit('trade', tradeFromView(view, specs));
  }

  #level(view: EventView): void {
    const state = this.#options.instruments[view.asset];
    if (state === undefined) return;
    const { book } = state;
    const exchTsNs = view.exchTsNs;
    // Outside of a batch, levels of one moment belong together.
    if (
      !this.#inBatch &&
      this.#touched.length > 0 &&
      (this.#touched[0] !== state || book.exchTsNs !== exchTsNs)
    )
      this.#flush();
    if (state.pendingLevels === 0) this.#touched.push(state);
    state.pendingLevels += 1;
    this.#options.metrics.levels += 1;
    book.exchTsNs = exchTsNs;
    state.localTsNs = view.localTsNs;
    state.lastEventMs = this.#options.metrics.lastEventMs;
    state.pendingSnapshot ||= view.isSnapshot;
    const isBid = view.isBuy;
    const price = view.price;
    const qty = view.qty;
    book.apply(isBid, price, qty);
    if (!this.#options.hub.wants('bookUpdate')) return;
    const levels = isBid ? state.bids : state.asks;
    // An array that is pushed to takes room for 17 levels at once; most updates have one.
    if (levels.length > 0) levels.push({ price, qty });
    else if (isBid) state.bids = [{ price, qty }];
    else state.asks = [{ price, qty }];
  }

  /** Reports the levels gathered so far, one event per instrument. */
  #flush(): void {
    const touched = this.#touched;
    const [first] = touched;
    if (first === undefined) return;
    // A handler may lead back here: what is reported is taken off the list before.
    if (touched.length === 1) {
      touched.pop();
      this.#emitUpdate(first);
    } else for (const state of touched.splice(0)) this.#emitUpdate(state);
  }

  #emitUpdate(state: InstrumentState): void {
    const { hub, metrics } = this.#options;
    metrics.bookUpdates += 1;
    state.pendingLevels = 0;
    const { bids, asks, pendingReset: reset, pendingSnapshot: snapshot } = state;
    state.pendingReset = false;
    state.pendingSnapshot = false;
    if (bids.length === 0 && asks.length === 0) return;
    state.bids = NO_LEVELS;
    state.asks = NO_LEVELS;
    hub.emit(
      'bookUpdate',
      Object.freeze({
        type: 'bookUpdate',
        asset: state.asset,
        symbol: state.spec.symbol,
        bids,
        asks,
        reset,
        snapshot,
        merged: 1,
        exchTsNs: state.book.exchTsNs,
        localTsNs: state.localTsNs,
      }),
    );
  }

  #measure(view: EventView): void {
    const { metrics } = this.#options;
    const sentNs = view.sentMonoNs;
    // A snapshot is as old as its levels: it says nothing about the way here.
    if (view.isSnapshot || view.isSynthetic) return;
    const venueNs = view.feedLatencyNs;
    metrics.venue.record(venueNs);
    if (sentNs === 0) return;
    metrics.feed.record(view.transportNs);
    if (this.#sinceClock === 0) {
      this.#nowNs = this.#options.monotonicNs();
      this.#sinceClock = CLOCK_EVERY;
    }
    this.#sinceClock -= 1;
    metrics.main.record(Math.max(this.#nowNs, view.recvMonoNs) - sentNs);
  }
}
