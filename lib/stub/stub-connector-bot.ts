import * as check from '../models/arguments.js';
import { assetOn } from '../models/asset-on.js';
import type { Bot, OrderId, OrderWait } from '../models/bot.js';
import {
  BOT_NAMES,
  resolveBatchRecords,
  resolveBotId,
  resolveHeartbeatNs,
  resolveOrderDeadlineNs,
  resolveReadOnly,
  resolveInstruments,
  resolveRequireLiveBook,
  type BotOptions,
} from '../models/bot-options.js';
import type { BotStats } from '../models/bot-stats.js';
import type { ConnectionHealth } from '../models/connection-health.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { ElapseResult } from '../models/elapse-result.js';
import type { FeedLatency, OrderLatency } from '../models/feed-latency.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import { errorFromCommand } from '../models/native-error.js';
import type { OrderRequest } from '../models/order-request.js';
import type { OrderResponse } from '../models/order-response.js';
import type { OrdersKind } from '../models/orders-kind.js';
import { CommandError, RecordFlag, RecordKind } from '../models/record-layout.js';
import type { RecordReader } from '../models/record-reader.js';
import type { StateValues } from '../models/state-values.js';
import { makeTrade, type Trade } from '../models/trade.js';
import { resolveWait } from '../models/wait-options.js';
import { EventQueue } from './event-queue.js';
import { Random } from './random.js';
import { StubAccount } from './stub-account.js';
import { StubBook } from './stub-book.js';
import { StubClock } from './stub-clock.js';
import type { StubData, StubFeed } from './stub-data.js';
import { refuseOtherOrders } from './refuse-other-orders.js';
import { checkReplay, describeInstrument, stubFeeds } from './stub-feeds.js';
import { stubMargin, stubRefusal, type Holding, type StubRefusal } from './stub-limits.js';
import {
  resolveStubOptions,
  STUB_NAMES,
  type ResolvedStubOptions,
  type StubOptions,
} from './stub-options.js';
import { stubOrderRecord, stubOrderResponse, type StubOrder } from './stub-order.js';
import { StubRecords } from './stub-records.js';
import { StubVenue } from './stub-venue.js';
import { OrderSides } from '../models/order-sides.js';

export interface StubBotOptions extends BotOptions, StubOptions {
  /** A word in shared memory: once another thread sets it (and notifies), the bot has ended. */
  readonly stop?: Int32Array;
}

const KEYS = knownKeys<StubBotOptions>({ ...BOT_NAMES, ...STUB_NAMES, stop: true });

/** What the bot knows of one instrument. */
interface Asset {
  readonly instrument: InstrumentSpec;
  readonly book: StubBook;
  readonly account: StubAccount;
  trades: Trade[];
  feedLatency: FeedLatency | null;
  orderLatency: OrderLatency | null;
}

/** What a wait looks for. */
interface Wanted {
  feed: boolean;
  order: boolean;
  asset: number;
  orderId: bigint | null;
}

const RESYNC_NS = 1_000_000;
/** hftbacktest's number of a market order. */
const MARKET = 1;

/**
 * The bot for when there is no addon, no connector or no wish for either: prices are made up by a
 * seeded random walk and orders are filled by chance. Same interface, records and errors as the
 * native bots.
 *
 * With `pace: 'asap'` nothing depends on the clock: the same seed and the same calls give the
 * same events.
 */
export class StubConnectorBot extends OrderSides implements Bot {
  readonly backend = 'stub';
  readonly botId: bigint;
  readonly instruments: readonly InstrumentSpec[];
  private readonly options: ResolvedStubOptions;
  private readonly readOnly: boolean;
  private readonly clock: StubClock;
  private readonly queue = new EventQueue();
  private readonly records: StubRecords;
  private readonly assets: readonly Asset[];
  private readonly venue: StubVenue;
  private readonly latencies: Random;
  private readonly requireLiveBook: boolean;
  private readonly feeds: Iterator<StubFeed, void>;
  private readonly kept: StubFeed[] = [];
  private feedsLeft = true;
  private lastFeedDueNs = 0;
  private resyncCount = 0;
  private seen = { feed: false, order: false };
  private wanted: Wanted | null = null;
  private isClosed = false;

  /** @throws HftError `ERR_INVALID_ARGUMENT`. */
  constructor(options: StubBotOptions) {
    super();
    checkKeys(options, KEYS, '');
    this.instruments = resolveInstruments(options.instruments);
    this.options = resolveStubOptions(options);
    // Checked although unused, so that what works on the stub works on the native bot.
    resolveWait(options.wait);
    resolveHeartbeatNs(options.heartbeatTimeoutMs);
    this.requireLiveBook = resolveRequireLiveBook(options.requireLiveBook);
    resolveOrderDeadlineNs(options.orderDeadlineMs);
    this.readOnly = resolveReadOnly(options.readOnly);
    refuseOtherOrders(options);
    if (this.options.replay !== undefined) checkReplay(this.instruments, this.options.replay);
    const { seed, pace, startTsNs } = this.options;
    this.latencies = new Random(seed, -1);
    const given = resolveBotId(options.botId);
    this.botId = given === 0n ? BigInt(new Random(seed, -3).whole(1, 2 ** 31)) : given;
    const stop = options.stop ?? new Int32Array(new SharedArrayBuffer(4));
    this.clock = new StubClock(pace, startTsNs, stop);
    this.records = new StubRecords(resolveBatchRecords(options.batchRecords), () =>
      this.clock.monotonicNs(),
    );
    this.assets = this.instruments.map((instrument) => ({
      instrument,
      book: new StubBook(instrument, () => {
        this.assertOpen();
      }),
      account: new StubAccount(instrument.lotSize),
      trades: [],
      feedLatency: null,
      orderLatency: null,
    }));
    this.venue = new StubVenue(
      {
        nowNs: () => this.clock.nowNs(),
        unixNs: (elapsedNs) => this.clock.unixNs(elapsedNs),
        schedule: (dueNs, happen) => {
          this.queue.add(Math.round(dueNs), happen);
        },
        depth: (asset) => this.asset(asset).book,
        lotSize: (asset) => this.asset(asset).instrument.lotSize,
        orderUpdated: (order) => {
          this.applyOrder(order);
        },
        filled: (order) => {
          this.applyFill(order);
        },
        refusal: (order) => this.refusalOf(order),
        refused: ({ asset, orderId }, { code, text }) => {
          this.records.tell({
            kind: RecordKind.Reject,
            asset,
            orderId,
            value: BigInt(code),
            text,
          });
        },
      },
      this.options,
      new Random(seed, -2),
      this.assets.length,
    );
    this.feeds = stubFeeds(this.instruments, this.options);
    this.records.tellLinks(this.instruments);
    for (const asset of this.assets.keys())
      this.records.tellBookState(asset, 'disconnected', 'resyncing');
    for (const asset of this.assets.keys()) this.tellPosition(asset, 0n);
    const startTs = this.clock.unixNs(this.clock.nowNs());
    for (const { connector } of new Map(
      this.instruments.map((each) => [each.connector, each]),
    ).values())
      this.tellBalance(connector, startTs);
    this.scheduleFeed();
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get ended(): boolean {
    if (this.isClosed || this.clock.stopped) return true;
    return !this.feedsLeft && this.queue.size === 0 && this.records.waitingCount === 0;
  }

  /** The bot's batch: what the last wait or `step()` handed over. */
  get batch(): RecordReader {
    return this.records.reader;
  }

  /**
   * Time until `step()` has something to do, ns: 0 when it has now or time is virtual, Infinity
   * when the bot has ended.
   */
  get nextDueNs(): number {
    if (this.ended) return Infinity;
    if (this.records.waitingCount > 0) return 0;
    if (this.queue.size === 0) return Infinity;
    return this.clock.isReal ? Math.max(0, this.queue.nextNs - this.clock.nowNs()) : 0;
  }

  /**
   * Does what is due and hands it over in `batch`, without blocking; virtual time jumps to the
   * next event.
   *
   * @param maxRecords - Default: the size of the bot's buffer.
   * @returns The number of records.
   */
  step(maxRecords: number = this.batch.capacity): number {
    this.assertOpen();
    check.checkCount(maxRecords, 'maxRecords', this.batch.capacity);
    if (!this.clock.stopped && this.records.waitingCount === 0) {
      if (!this.clock.isReal && this.queue.size > 0) this.clock.sleepUntil(this.queue.nextNs);
      this.catchUp(maxRecords);
    }
    return this.records.take(maxRecords).count;
  }

  /**
   * The feeds so far, to save or to replay.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` without `record: true`.
   */
  recording(): StubData {
    if (!this.options.record) check.invalid('stub.record', false, 'must be true to keep the feeds');
    return { instruments: this.instruments.map(describeInstrument), feeds: [...this.kept] };
  }

  currentTimestampNs(): bigint {
    this.assertOpen();
    return this.clock.unixNs(this.clock.nowNs());
  }

  monotonicNs(): number {
    return this.clock.monotonicNs();
  }

  /** How many instruments the bot has. */
  numAssets(): number {
    this.assertOpen();
    return this.assets.length;
  }

  position(asset: number): number {
    return this.openAsset(asset).account.position;
  }

  stateValues(asset: number): StateValues {
    return this.openAsset(asset).account.values();
  }

  depth(asset: number): MarketDepthView {
    return this.openAsset(asset).book;
  }

  depthSnapshot(asset: number, levels = 20): DepthSnapshot {
    const { book, instrument, feedLatency } = this.openAsset(asset);
    const { bids, asks } = book.levels(levels);
    return Object.freeze({
      type: 'snapshot',
      asset,
      symbol: instrument.symbol,
      bids,
      asks,
      exchTsNs: feedLatency?.exchTsNs ?? 0n,
      localTsNs: feedLatency?.localTsNs ?? 0n,
      state: book.state,
      synced: book.synced,
    });
  }

  lastTrades(asset: number): readonly Trade[] {
    return [...this.openAsset(asset).trades];
  }

  clearLastTrades(asset?: number): void {
    this.assertOpen();
    if (asset !== undefined) this.asset(asset).trades = [];
    else for (const each of this.assets) each.trades = [];
  }

  orders(asset: number): ReadonlyMap<bigint, OrderResponse> {
    const { instrument } = this.openAsset(asset);
    const orders = this.venue.ordersOf(asset).values();
    return new Map(
      Array.from(orders, (order) => [order.orderId, stubOrderResponse(order, instrument)]),
    );
  }

  order(asset: number, orderId: OrderId): OrderResponse | null {
    const { instrument } = this.openAsset(asset);
    const order = this.venue.ordersOf(asset).get(check.checkOrderId(orderId));
    return order === undefined ? null : stubOrderResponse(order, instrument);
  }

  override submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult {
    const { instrument } = this.openAsset(asset);
    const request = check.checkOrderRequest(order);
    check.checkGrid(instrument, request.price, request.qty, request.orderType === MARKET);
    const waitNs = check.checkWait(wait);
    const code = this.denial(asset) ?? this.venue.submit(asset, request, instrument.tickSize);
    return this.answered('submitOrder', code, asset, request.orderId, waitNs);
  }

  modify(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    wait?: OrderWait,
  ): ElapseResult {
    const { instrument } = this.openAsset(asset);
    const id = check.checkOrderId(orderId);
    const toPrice = check.checkPrice(price);
    const toQty = check.checkQty(qty);
    check.checkGrid(instrument, toPrice, toQty, false);
    const waitNs = check.checkWait(wait);
    const code =
      this.denial(asset) ?? this.venue.modify(asset, id, toPrice, toQty, instrument.tickSize);
    return this.answered('modify', code, asset, id, waitNs);
  }

  cancel(asset: number, orderId: OrderId, wait?: OrderWait): ElapseResult {
    this.openAsset(asset);
    const id = check.checkOrderId(orderId);
    const waitNs = check.checkWait(wait);
    return this.answered('cancel', this.venue.cancel(asset, id), asset, id, waitNs);
  }

  cancelAll(asset: number): void {
    this.openAsset(asset);
    this.venue.cancelAll(asset);
  }

  clearInactiveOrders(asset?: number): void {
    this.assertOpen();
    if (asset !== undefined) this.asset(asset);
    for (const each of this.assets.keys()) {
      if (asset === undefined || asset === each) this.venue.clearInactive(each);
    }
  }

  waitOrderResponse(asset: number, orderId: OrderId, timeoutNs: number): ElapseResult {
    this.openAsset(asset);
    const id = check.checkOrderId(orderId);
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    return this.waitFor({ feed: false, order: true, asset, orderId: id }, timeoutNs);
  }

  waitNextFeed(includeOrderResponses: boolean, timeoutNs: number): ElapseResult {
    this.assertOpen();
    if (typeof includeOrderResponses !== 'boolean') {
      check.invalid('includeOrderResponses', includeOrderResponses, 'must be true or false');
    }
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    return this.waitFor(
      { feed: true, order: includeOrderResponses, asset: -1, orderId: null },
      timeoutNs,
    );
  }

  elapse(durationNs: number): ElapseResult {
    this.assertOpen();
    check.checkDurationNs(durationNs, 'durationNs');
    return this.waitFor({ feed: false, order: false, asset: -1, orderId: null }, durationNs);
  }

  elapseBt(durationNs: number): ElapseResult {
    this.assertOpen();
    check.checkDurationNs(durationNs, 'durationNs');
    return 'ok';
  }

  waitBatch(timeoutNs: number, maxRecords: number = this.batch.capacity): RecordReader {
    this.assertOpen();
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    check.checkCount(maxRecords, 'maxRecords', this.batch.capacity);
    const endNs = this.clock.nowNs() + timeoutNs;
    while (!this.ended && !this.catchUp(maxRecords)) {
      if (this.clock.nowNs() >= endNs) break;
      this.clock.sleepUntil(Math.min(endNs, this.queue.nextNs));
    }
    return this.records.take(this.clock.stopped ? 0 : maxRecords);
  }

  feedLatency(asset: number): FeedLatency | null {
    return this.openAsset(asset).feedLatency;
  }

  orderLatency(asset: number): OrderLatency | null {
    return this.openAsset(asset).orderLatency;
  }

  resync(asset: number): void {
    const { book } = this.openAsset(asset);
    this.resyncCount += 1;
    this.queue.add(this.clock.nowNs() + RESYNC_NS, () => {
      const exchTsNs = this.clock.unixNs(this.clock.nowNs());
      const times = { exchTsNs, localTsNs: exchTsNs };
      const { state } = book;
      this.records.tell({ kind: RecordKind.BookReset, asset });
      this.records.tellBookState(asset, state, 'resyncing');
      for (const order of this.venue.ordersOf(asset).values())
        this.records.tell(stubOrderRecord(order));
      this.tellPosition(asset, exchTsNs);
      this.tellBalance(this.asset(asset).instrument.connector, exchTsNs);
      this.records.tell({ kind: RecordKind.BatchStart, asset });
      this.records.tellDepth(asset, book.quotes(), RecordFlag.InBatch | RecordFlag.Snapshot, times);
      this.records.tell({ kind: RecordKind.BatchEnd, asset });
      this.records.tellBookState(asset, 'resyncing', state);
      this.records.tell({ kind: RecordKind.BookReady, asset });
    });
  }

  stats(): BotStats {
    this.assertOpen();
    return Object.freeze({
      received: this.records.total,
      lost: 0,
      gaps: 0,
      decodeErrors: 0,
      unknownSymbols: 0,
      tapOverflow: this.records.overflow,
      resyncs: this.resyncCount,
      parks: 0,
    });
  }

  /** Orders of the stub never go elsewhere: there is nothing to agree to but that. */
  agreeOrders(connector: string, orders: OrdersKind, environment: string): void {
    this.assertOpen();
    assetOn(this.instruments, connector);
    if (orders === 'simulated' && environment === 'simulated') return;
    throw errorFromCommand(CommandError.OrdersChanged, `agreeOrders(${connector})`);
  }

  links(): readonly ConnectionHealth[] {
    this.assertOpen();
    const names = new Set(this.instruments.map(({ connector }) => connector));
    return Array.from(names, (connector) =>
      Object.freeze({
        connector,
        state: 'connected',
        connected: true,
        controlChannel: true,
        balances: true,
        epoch: 0n,
        pid: undefined,
        version: 'stub',
        heartbeatAgeMs: 0,
        orders: 'simulated',
        environment: 'simulated',
        ordersAgreed: true,
      } as const),
    );
  }

  close(): void {
    this.isClosed = true;
    this.feedsLeft = false;
  }

  /** As `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  private assertOpen(): void {
    if (this.isClosed) throw errorFromCommand(CommandError.Closed, 'bot');
  }

  private asset(asset: number): Asset {
    check.checkAsset(asset, this.assets.length);
    return this.assets[asset] as Asset;
  }

  private openAsset(asset: number): Asset {
    this.assertOpen();
    return this.asset(asset);
  }

  /** Lets happen what is due, until enough records wait; true when any does. */
  private catchUp(maxRecords: number): boolean {
    const nowNs = this.clock.nowNs();
    while (this.queue.nextNs <= nowNs && this.records.waitingCount < maxRecords) {
      this.queue.happenNext();
    }
    return this.records.waitingCount > 0;
  }

  /** As the native bot: what would stand on a price needs a live book. */
  private denial(asset: number): number | undefined {
    if (this.readOnly) return CommandError.OnlyLooks;
    const isDenied = this.requireLiveBook && this.asset(asset).book.state !== 'live';
    return isDenied ? CommandError.BookNotLive : undefined;
  }

  private answered(
    operation: string,
    code: number,
    asset: number,
    orderId: bigint,
    waitNs: number,
  ): ElapseResult {
    const call = `${operation}(asset ${String(asset)}, order ${String(orderId)})`;
    if (code !== CommandError.Ok) throw errorFromCommand(code, call, this.asset(asset).book.state);
    if (waitNs === 0) return 'ok';
    const result = this.waitFor({ feed: false, order: true, asset, orderId }, waitNs);
    if (result === 'ok') throw errorFromCommand(CommandError.Timeout, call);
    return result;
  }

  private waitFor(wanted: Wanted, timeoutNs: number): ElapseResult {
    this.wanted = wanted;
    this.seen = { feed: false, order: false };
    const endNs = this.clock.nowNs() + timeoutNs;
    try {
      for (;;) {
        if (this.clock.stopped) return 'end_of_data';
        while (this.queue.nextNs <= Math.min(this.clock.nowNs(), endNs)) {
          this.queue.happenNext();
          if (this.seen.feed) return 'market_feed';
          if (this.seen.order) return 'order_response';
        }
        if (!this.feedsLeft && this.queue.size === 0) return 'end_of_data';
        if (this.clock.nowNs() >= endNs) return 'ok';
        this.clock.sleepUntil(Math.min(endNs, this.queue.nextNs));
      }
    } finally {
      this.wanted = null;
      this.records.takeAll();
    }
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
    this.queue.add(dueNs, () => {
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
    this.records.tellFeed(feed, times, before, asset.book.state);
    if (this.wanted?.feed === true) this.seen.feed = true;
  }

  private keepTrade(asset: Asset, feed: StubFeed, times: FeedLatency): void {
    const { lastTradesCapacity, symbol } = asset.instrument;
    if (feed.trade === null || lastTradesCapacity === 0) return;
    const [side, price, qty] = feed.trade;
    if (asset.trades.length === lastTradesCapacity) asset.trades.shift();
    asset.trades.push(makeTrade({ asset: feed.asset, symbol, price, qty, side, ...times }));
  }

  private applyOrder(order: StubOrder): void {
    this.asset(order.asset).orderLatency = Object.freeze({
      reqTsNs: order.localTsNs,
      exchTsNs: order.exchTsNs,
      respTsNs: this.clock.unixNs(this.clock.nowNs()),
    });
    this.records.tell(stubOrderRecord(order));
    const { wanted } = this;
    if (wanted?.order !== true) return;
    if (
      wanted.orderId === null ||
      (wanted.orderId === order.orderId && wanted.asset === order.asset)
    ) {
      this.seen.order = true;
    }
  }

  private applyFill(order: StubOrder): void {
    this.asset(order.asset).account.fill(order.side, order.execPrice, order.execQty);
    this.tellPosition(order.asset, order.exchTsNs);
    this.tellBalance(this.asset(order.asset).instrument.connector, order.exchTsNs);
  }

  /** All instruments of a connector trade on one account. */
  private money(connector: string): { walletBalance: number; unrealisedPnl: number } {
    let walletBalance = this.options.initialBalance;
    let unrealisedPnl = 0;
    for (const { instrument, account, book } of this.assets) {
      if (instrument.connector !== connector) continue;
      walletBalance += account.realised;
      unrealisedPnl += account.unrealised((book.bestBid + book.bestAsk) / 2);
    }
    return { walletBalance, unrealisedPnl };
  }

  private holdings(connector: string): Holding[] {
    return [...this.assets.entries()]
      .filter(([, { instrument }]) => instrument.connector === connector)
      .map(([asset, { instrument, account, book }]) => ({
        asset,
        instrument,
        position: account.position,
        mid: (book.bestBid + book.bestAsk) / 2,
        orders: [...this.venue.ordersOf(asset).values()],
      }));
  }

  private refusalOf(order: StubOrder): StubRefusal | undefined {
    const { connector } = this.asset(order.asset).instrument;
    const holdings = this.holdings(connector);
    const { walletBalance, unrealisedPnl } = this.money(connector);
    return stubRefusal(order, holdings, walletBalance + unrealisedPnl, this.options.limits);
  }

  private tellBalance(connector: string, exchTsNs: bigint): void {
    const { walletBalance, unrealisedPnl } = this.money(connector);
    const equity = walletBalance + unrealisedPnl;
    const margin = stubMargin(this.holdings(connector), this.options.limits);
    this.records.tell({
      kind: RecordKind.Balance,
      asset: this.instruments.findIndex((each) => each.connector === connector),
      px: equity,
      qty: walletBalance,
      leavesQty: Math.max(equity - margin, 0),
      execQty: margin,
      extra: unrealisedPnl,
      exchTsNs,
      text: this.options.coin,
    });
  }

  private tellPosition(asset: number, exchTsNs: bigint): void {
    this.records.tell({
      kind: RecordKind.Position,
      asset,
      qty: this.asset(asset).account.position,
      exchTsNs,
    });
  }
}
