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
import { invalid } from '../models/invalid.js';
import { errorFromCommand } from '../models/native-error.js';
import type { OrderRequest } from '../models/order-request.js';
import type { OrderResponse } from '../models/order-response.js';
import { MARKET_CODE } from '../models/order-type.js';
import type { OrdersKind } from '../models/orders-kind.js';
import { CommandError } from '../models/record-layout.js';
import type { RecordReader } from '../models/record-reader.js';
import type { StateValues } from '../models/state-values.js';
import type { Trade } from '../models/trade.js';
import { resolveWait } from '../models/wait-options.js';
import { Random } from './random.js';
import { refuseOtherOrders } from './refuse-other-orders.js';
import { StubConnector, type StubAsset } from './stub-connector.js';
import type { StubData } from './stub-data.js';
import { checkReplay, describeInstrument } from './stub-feeds.js';
import {
  resolveStubOptions,
  STUB_NAMES,
  type ResolvedStubOptions,
  type StubOptions,
} from './stub-options.js';
import { stubOrderResponse, type StubOrder } from './stub-order.js';
import { OrderSides } from '../models/order-sides.js';

/** Options of `StubConnectorBot`; only `instruments` is required. */
export interface StubBotOptions extends BotOptions, StubOptions {
  /** A word in shared memory: once another thread sets it (and notifies), the bot has ended. */
  readonly stop?: Int32Array;
}

const KEYS = knownKeys<StubBotOptions>({ ...BOT_NAMES, ...STUB_NAMES, stop: true });

/** What a wait looks for. */
interface Wanted {
  feed: boolean;
  order: boolean;
  asset: number;
  orderId: bigint | null;
}

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
  private readonly requireLiveBook: boolean;
  private readonly connector: StubConnector;
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
    const given = resolveBotId(options.botId);
    const random = new Random(this.options.seed, -3);
    this.botId = given === 0n ? BigInt(random.whole(1, 2 ** 31)) : given;
    this.connector = new StubConnector(
      this.instruments,
      this.options,
      resolveBatchRecords(options.batchRecords),
      options.stop ?? new Int32Array(new SharedArrayBuffer(4)),
      {
        assertOpen: () => {
          this.assertOpen();
        },
        onFeed: () => {
          if (this.wanted?.feed === true) this.seen.feed = true;
        },
        onOrder: (order) => {
          if (this.wanted?.order === true && isWanted(order, this.wanted)) this.seen.order = true;
        },
      },
    );
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get ended(): boolean {
    if (this.isClosed || this.connector.clock.stopped) return true;
    return this.connector.exhausted && this.connector.records.waitingCount === 0;
  }

  /** The bot's batch: what the last wait or `step()` handed over. */
  get batch(): RecordReader {
    return this.connector.records.reader;
  }

  /**
   * Time until `step()` has something to do, ns: 0 when it has now or time is virtual, Infinity
   * when the bot has ended.
   */
  get nextDueNs(): number {
    const { clock, schedule, records } = this.connector;
    if (this.ended) return Infinity;
    if (records.waitingCount > 0) return 0;
    if (schedule.size === 0) return Infinity;
    return clock.isReal ? Math.max(0, schedule.nextNs - clock.nowNs()) : 0;
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
    const { clock, schedule, records } = this.connector;
    if (!clock.stopped && records.waitingCount === 0) {
      if (!clock.isReal && schedule.size > 0) clock.sleepUntil(schedule.nextNs);
      this.connector.catchUp(maxRecords);
    }
    return records.take(maxRecords).count;
  }

  /**
   * The feeds so far, to save or to replay.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` without `record: true`.
   */
  recording(): StubData {
    if (!this.options.record) invalid('stub.record', false, 'must be true to keep the feeds');
    const feeds = [...this.connector.kept];
    return { instruments: this.instruments.map(describeInstrument), feeds };
  }

  currentTimestampNs(): bigint {
    this.assertOpen();
    const { clock } = this.connector;
    return clock.unixNs(clock.nowNs());
  }

  monotonicNs(): number {
    return this.connector.clock.monotonicNs();
  }

  /** How many instruments the bot has. */
  numAssets(): number {
    this.assertOpen();
    return this.connector.assets.length;
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
    if (asset !== undefined) this.connector.asset(asset).trades = [];
    else for (const each of this.connector.assets) each.trades = [];
  }

  orders(asset: number): ReadonlyMap<bigint, OrderResponse> {
    const { instrument } = this.openAsset(asset);
    const orders = this.connector.venue.ordersOf(asset).values();
    return new Map(
      Array.from(orders, (order) => [order.orderId, stubOrderResponse(order, instrument)]),
    );
  }

  order(asset: number, orderId: OrderId): OrderResponse | null {
    const { instrument } = this.openAsset(asset);
    const order = this.connector.venue.ordersOf(asset).get(check.checkOrderId(orderId));
    return order === undefined ? null : stubOrderResponse(order, instrument);
  }

  override submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult {
    const { instrument } = this.openAsset(asset);
    const request = check.checkOrderRequest(order);
    check.checkGrid(instrument, request.price, request.qty, request.orderType === MARKET_CODE);
    const waitNs = check.checkWait(wait);
    const code =
      this.denial(asset) ?? this.connector.venue.submit(asset, request, instrument.tickSize);
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
      this.denial(asset) ??
      this.connector.venue.modify(asset, id, toPrice, toQty, instrument.tickSize);
    return this.answered('modify', code, asset, id, waitNs);
  }

  cancel(asset: number, orderId: OrderId, wait?: OrderWait): ElapseResult {
    this.openAsset(asset);
    const id = check.checkOrderId(orderId);
    const waitNs = check.checkWait(wait);
    return this.answered('cancel', this.connector.venue.cancel(asset, id), asset, id, waitNs);
  }

  cancelAll(asset?: number): void {
    this.assertOpen();
    if (asset !== undefined) this.openAsset(asset);
    for (const each of this.instruments.keys())
      if (asset === undefined || asset === each) this.connector.venue.cancelAll(each);
  }

  /**
   * As the message to a connector: leaves orders with a request under way alone.
   *
   * @internal
   */
  cancelAllInOneMessage(asset: number): void {
    this.openAsset(asset);
    this.connector.venue.cancelAll(asset, false);
  }

  clearInactiveOrders(asset?: number): void {
    this.assertOpen();
    if (asset !== undefined) this.connector.asset(asset);
    for (const each of this.connector.assets.keys()) {
      if (asset === undefined || asset === each) this.connector.venue.clearInactive(each);
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
    check.checkBoolean(includeOrderResponses, 'includeOrderResponses');
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
    const { clock, schedule, records } = this.connector;
    const endNs = clock.nowNs() + timeoutNs;
    while (!this.ended && !this.connector.catchUp(maxRecords)) {
      if (clock.nowNs() >= endNs) break;
      clock.sleepUntil(Math.min(endNs, schedule.nextNs));
    }
    return records.take(clock.stopped ? 0 : maxRecords);
  }

  feedLatency(asset: number): FeedLatency | null {
    return this.openAsset(asset).feedLatency;
  }

  orderLatency(asset: number): OrderLatency | null {
    return this.openAsset(asset).orderLatency;
  }

  resync(asset: number): void {
    this.openAsset(asset);
    this.resyncCount += 1;
    this.connector.resync(asset);
  }

  stats(): BotStats {
    this.assertOpen();
    return Object.freeze({
      received: this.connector.records.total,
      lost: 0,
      gaps: 0,
      decodeErrors: 0,
      unknownSymbols: 0,
      tapOverflow: this.connector.records.overflow,
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
  }

  /** As `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  private assertOpen(): void {
    if (this.isClosed) throw errorFromCommand(CommandError.Closed, 'bot');
  }

  private openAsset(asset: number): StubAsset {
    this.assertOpen();
    return this.connector.asset(asset);
  }

  /** As the native bot: what would stand on a price needs a live book. */
  private denial(asset: number): number | undefined {
    if (this.readOnly) return CommandError.OnlyLooks;
    const isDenied = this.requireLiveBook && this.connector.asset(asset).book.state !== 'live';
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
    if (code !== CommandError.Ok)
      throw errorFromCommand(code, call, this.connector.asset(asset).book.state);
    if (waitNs === 0) return 'ok';
    const result = this.waitFor({ feed: false, order: true, asset, orderId }, waitNs);
    if (result === 'ok') throw errorFromCommand(CommandError.Timeout, call);
    return result;
  }

  private waitFor(wanted: Wanted, timeoutNs: number): ElapseResult {
    this.wanted = wanted;
    this.seen = { feed: false, order: false };
    const { clock, schedule, records } = this.connector;
    const endNs = clock.nowNs() + timeoutNs;
    try {
      for (;;) {
        if (clock.stopped) return 'end_of_data';
        while (schedule.nextNs <= Math.min(clock.nowNs(), endNs)) {
          schedule.happenNext();
          if (this.seen.feed) return 'market_feed';
          if (this.seen.order) return 'order_response';
        }
        if (this.connector.exhausted) return 'end_of_data';
        if (clock.nowNs() >= endNs) return 'ok';
        clock.sleepUntil(Math.min(endNs, schedule.nextNs));
      }
    } finally {
      this.wanted = null;
      records.takeAll();
    }
  }
}

function isWanted(order: StubOrder, { asset, orderId }: Wanted): boolean {
  return orderId === null || (orderId === order.orderId && asset === order.asset);
}
