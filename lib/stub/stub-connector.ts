import { checkAsset } from '../models/arguments.js';
import type { FeedLatency, OrderLatency } from '../models/feed-latency.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { RecordFlag, RecordKind } from '../models/record-layout.js';
import { makeTrade, type Trade } from '../models/trade.js';
import { Random } from './random.js';
import { Schedule } from './schedule.js';
import { StubAccount } from './stub-account.js';
import { StubAccounts } from './stub-accounts.js';
import { StubBook } from './stub-book.js';
import { StubClock } from './stub-clock.js';
import type { StubFeed } from './stub-data.js';
import { stubFeeds } from './stub-feeds.js';
import type { ResolvedStubOptions } from './stub-options.js';
import { stubExecutionRecord, stubOrderRecord, type StubOrder } from './stub-order.js';
import { StubRecords } from './stub-records.js';
import { StubVenue } from './stub-venue.js';

/** What is known of one instrument. */
export interface StubAsset {
  readonly instrument: InstrumentSpec;
  readonly book: StubBook;
  readonly account: StubAccount;
  /** The last ones, oldest first. */
  trades: Trade[];
  feedLatency: FeedLatency | null;
  orderLatency: OrderLatency | null;
}

/** What the connector needs from its bot. */
export interface StubConnectorHost {
  /** @throws HftError `ERR_CLOSED` once the bot is closed. */
  assertOpen(): void;
  /** A feed was applied to its book. */
  onFeed(): void;
  /** The venue reported a new state of an order. */
  onOrder(order: StubOrder): void;
}

/** How long the answer to a resync takes. */
const RESYNC_NS = 1_000_000;

/**
 * What stands behind a stub's bot, connector and venue in one: feeds move the books, the venue takes
 * and fills orders, the accounts follow, each at its time. All of it is reported as records.
 */
export class StubConnector {
  readonly clock: StubClock;
  /** What is going to happen. */
  readonly schedule = new Schedule();
  readonly records: StubRecords;
  readonly assets: readonly StubAsset[];
  readonly venue: StubVenue;
  /** The feeds so far, with option `record`. */
  readonly kept: StubFeed[] = [];
  private readonly options: ResolvedStubOptions;
  private readonly host: StubConnectorHost;
  private readonly accounts: StubAccounts;
  private readonly latencies: Random;
  private readonly feeds: Iterator<StubFeed, void>;
  private feedsLeft = true;
  /** Executions so far: their ids. */
  private trades = 0;
  private lastFeedDueNs = 0;

  /**
   * @param batchRecords - How many records one batch can hold.
   * @param stop - A word in shared memory; once it is not 0, sleeps end at once.
   */
  constructor(
    instruments: readonly InstrumentSpec[],
    options: ResolvedStubOptions,
    batchRecords: number,
    stop: Int32Array,
    host: StubConnectorHost,
  ) {
    this.options = options;
    this.host = host;
    const { seed, pace, startTsNs } = options;
    this.latencies = new Random(seed, -1);
    this.clock = new StubClock(pace, startTsNs, stop);
    this.records = new StubRecords(batchRecords, () => this.clock.monotonicNs());
    this.assets = instruments.map((instrument) => ({
      instrument,
      book: new StubBook(instrument, () => {
        host.assertOpen();
      }),
      account: new StubAccount(instrument.lotSize),
      trades: [],
      feedLatency: null,
      orderLatency: null,
    }));
    this.venue = this.makeVenue(new Random(seed, -2));
    this.accounts = new StubAccounts(this.assets, options, (asset) => this.venue.ordersOf(asset));
    this.feeds = stubFeeds(instruments, options);
    this.reportStart(instruments);
    this.scheduleFeed();
  }

  /** Nothing is going to happen any more, until an order is sent. */
  get exhausted(): boolean {
    return !this.feedsLeft && this.schedule.size === 0;
  }

  /** @throws HftError `ERR_INSTRUMENT_NOT_FOUND`. */
  asset(asset: number): StubAsset {
    checkAsset(asset, this.assets.length);
    return this.assets[asset] as StubAsset;
  }

  /** Lets happen what is due, until enough records wait; true when any does. */
  catchUp(maxRecords: number): boolean {
    const nowNs = this.clock.nowNs();
    while (this.schedule.nextNs <= nowNs && this.records.waitingCount < maxRecords) {
      this.schedule.happenNext();
    }
    return this.records.waitingCount > 0;
  }

  /** Reports orders, position, balance and book of an instrument again, a moment later. */
  resync(asset: number): void {
    const { book, instrument } = this.asset(asset);
    this.schedule.add(this.clock.nowNs() + RESYNC_NS, () => {
      const exchTsNs = this.clock.unixNs(this.clock.nowNs());
      const times = { exchTsNs, localTsNs: exchTsNs };
      const { state } = book;
      this.records.report({ kind: RecordKind.BookReset, asset });
      this.records.reportBookState(asset, state, 'resyncing');
      for (const order of this.venue.ordersOf(asset).values())
        this.records.report(stubOrderRecord(order));
      this.reportPosition(asset, exchTsNs);
      this.records.report(this.accounts.balance(instrument.connector, exchTsNs));
      this.records.report({ kind: RecordKind.BatchStart, asset });
      const flags = RecordFlag.InBatch | RecordFlag.Snapshot;
      this.records.reportDepth(asset, book.quotes(), flags, times);
      this.records.report({ kind: RecordKind.BatchEnd, asset });
      this.records.reportBookState(asset, 'resyncing', state);
      this.records.report({ kind: RecordKind.BookReady, asset });
    });
  }

  private makeVenue(random: Random): StubVenue {
    return new StubVenue(
      {
        nowNs: () => this.clock.nowNs(),
        unixNs: (elapsedNs) => this.clock.unixNs(elapsedNs),
        schedule: (dueNs, happen) => {
          this.schedule.add(Math.round(dueNs), happen);
        },
        depth: (asset) => this.asset(asset).book,
        lotSize: (asset) => this.asset(asset).instrument.lotSize,
        orderUpdated: (order, isExecution) => {
          this.applyOrder(order, isExecution);
        },
        filled: (order) => {
          this.applyFill(order);
        },
        refusal: (order) => this.accounts.refusal(order),
        refused: ({ asset, orderId }, { code, text }) => {
          const value = BigInt(code);
          this.records.report({ kind: RecordKind.Reject, asset, orderId, value, text });
        },
      },
      this.options,
      random,
      this.assets.length,
    );
  }

  private reportStart(instruments: readonly InstrumentSpec[]): void {
    this.records.reportLinks(instruments);
    for (const asset of this.assets.keys())
      this.records.reportBookState(asset, 'disconnected', 'resyncing');
    for (const asset of this.assets.keys()) this.reportPosition(asset, 0n);
    const startTs = this.clock.unixNs(this.clock.nowNs());
    for (const connector of new Set(instruments.map((each) => each.connector)))
      this.records.report(this.accounts.balance(connector, startTs));
  }

  private scheduleFeed(): void {
    const next = this.feeds.next();
    if (next.done === true) {
      this.feedsLeft = false;
      return;
    }
    const feed = next.value;
    if (this.options.record) this.kept.push(feed);
    const latencyNs = this.options.feedLatencyNs * (0.8 + 0.4 * this.latencies.next());
    // A feed never overtakes the one before it.
    this.lastFeedDueNs = Math.max(this.lastFeedDueNs, Math.round(feed.atNs + latencyNs));
    const dueNs = this.lastFeedDueNs;
    this.schedule.add(dueNs, () => {
      this.applyFeed(feed, dueNs);
      this.scheduleFeed();
    });
  }

  private applyFeed(feed: StubFeed, dueNs: number): void {
    const asset = this.asset(feed.asset);
    const times = { exchTsNs: this.clock.unixNs(feed.atNs), localTsNs: this.clock.unixNs(dueNs) };
    const before = asset.book.state;
    asset.book.apply(feed.depth, feed.snapshot);
    asset.feedLatency = Object.freeze(times);
    if (feed.trade !== null) this.keepTrade(asset, feed, times);
    this.records.reportFeed(feed, times, before, asset.book.state);
    this.host.onFeed();
  }

  private keepTrade(asset: StubAsset, feed: StubFeed, times: FeedLatency): void {
    const { lastTradesCapacity, symbol } = asset.instrument;
    if (feed.trade === null || lastTradesCapacity === 0) return;
    const [side, price, qty] = feed.trade;
    if (asset.trades.length === lastTradesCapacity) asset.trades.shift();
    asset.trades.push(makeTrade({ asset: feed.asset, symbol, price, qty, side, ...times }));
  }

  private applyOrder(order: StubOrder, isExecution: boolean): void {
    this.asset(order.asset).orderLatency = Object.freeze({
      reqTsNs: order.localTsNs,
      exchTsNs: order.exchTsNs,
      respTsNs: this.clock.unixNs(this.clock.nowNs()),
    });
    if (isExecution) {
      this.trades += 1;
      this.records.report(stubExecutionRecord(order, this.options.coin, this.trades));
    }
    this.records.report(stubOrderRecord(order));
    this.host.onOrder(order);
  }

  private applyFill(order: StubOrder): void {
    const { account, instrument } = this.asset(order.asset);
    account.fill(order.side, order.execPrice, order.execQty);
    this.reportPosition(order.asset, order.exchTsNs);
    this.records.report(this.accounts.balance(instrument.connector, order.exchTsNs));
  }

  private reportPosition(asset: number, exchTsNs: bigint): void {
    const qty = this.asset(asset).account.position;
    this.records.report({ kind: RecordKind.Position, asset, qty, exchTsNs });
  }
}
