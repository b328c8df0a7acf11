import type { BotStats } from '../models/bot-stats.js';
import type { ConnectionHealth } from '../models/connection-health.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { ElapseResult } from '../models/elapse-result.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { errorFromCommand, errorFromNative } from '../models/native-error.js';
import type { OrderRequest } from '../models/order-request.js';
import type { OrderResponse } from '../models/order-response.js';
import { MARKET_CODE } from '../models/order-type.js';
import {
  CommandError,
  RECORD_BYTES,
  RecordKind,
  STATE_BYTES,
  StateField,
} from '../models/record-layout.js';
import { RecordReader } from '../models/record-reader.js';
import { tradeFromView, type Trade } from '../models/trade.js';
import { stopDirect } from './stop-direct.js';
import type { NativeDirectConnector } from '../native/addon.js';
import type { NativeAddon, NativeBot, NativeBotConstructor } from '../native/native-addon.js';
import * as check from '../models/arguments.js';
import type { Bot, OrderId, OrderWait } from '../models/bot.js';
import {
  BOT_KEYS,
  resolveBatchRecords,
  resolveInstruments,
  type BotOptions,
} from '../models/bot-options.js';
import type { FeedLatency, OrderLatency } from '../models/feed-latency.js';
import { checkKeys } from '../models/known-keys.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import { closeAtExit } from './close-at-exit.js';
import { requireLiveAddon } from './live-addon.js';
import { nativeBotConfig } from './native-bot-config.js';
import { connectionHealth } from './native-link.js';
import { NativeDepthView } from './native-depth-view.js';
import { PendingChanges } from './pending-changes.js';
import { orderFromNative } from './native-order.js';
import type { StateValues } from '../models/state-values.js';
import { announceRealOrders } from '../models/announce-real-orders.js';
import { checkRequirement } from '../models/check-requirement.js';
import { assetOn } from '../models/asset-on.js';
import { ordersText, ordersToCode, type OrdersKind } from '../models/orders-kind.js';
import { ordersLeftOpen } from '../models/order-left.js';
import { forEachAsset, LateCancels } from '../orders/late-cancels.js';
import { OrderSides } from '../models/order-sides.js';
import { SlicedWaits } from './sliced-waits.js';

/** What differs between the native bots besides the book. */
export interface NativeBotParts {
  /** Connectors on the bot's thread. */
  readonly direct?: readonly NativeDirectConnector[];
  /** A virtual clock that begins here, Unix ns. Default: the machine's clocks. */
  readonly virtualStartNs?: bigint;
  /** Refuses instruments that the book cannot keep. */
  readonly checkInstruments?: (instruments: readonly InstrumentSpec[]) => void;
}

/**
 * A bot on shared memory, whichever book it keeps. It belongs to the thread that made it.
 *
 * Batches go to one buffer that the bot owns: what `waitBatch` returns is overwritten by the next
 * wait.
 */
export abstract class NativeLiveBot extends OrderSides implements Bot {
  readonly backend = 'native';
  readonly botId: bigint;
  readonly instruments: readonly InstrumentSpec[];
  private readonly addon: NativeAddon;
  private native: NativeBot | null;
  /** The bot's number in the addon's `bot…` functions. */
  private readonly handle: number;
  private readonly waits: SlicedWaits;
  private readonly reader: RecordReader;
  private readonly kinds: Uint8Array;
  private readonly depths: readonly NativeDepthView[];
  /** Positions and best prices as the bot last wrote them, `STATE_BYTES` per instrument. */
  private readonly stateFloats: Float64Array;
  /** Orders as last asked for; null once something may have changed them. */
  private readonly orderMaps: (ReadonlyMap<bigint, OrderResponse> | null)[];
  private readonly lateCancels = new LateCancels();
  private readonly changes: PendingChanges;
  /** The last batch changed orders. */
  private ordersChanged = false;
  /** A connector runs on this thread. */
  private readonly isDirect: boolean;
  private readonly forgetExit: () => void;

  /**
   * @throws HftError `ERR_NATIVE_UNAVAILABLE` with the reason and the remedy,
   * `ERR_INVALID_ARGUMENT`, `ERR_SHARED_MEMORY`, `ERR_ALREADY_RUNNING` for a `botId` in use,
   * `ERR_ORDERS_MISMATCH` for a connector that is there and not as `requireOrders` demands.
   */
  protected constructor(
    pick: (addon: NativeAddon) => NativeBotConstructor,
    options: BotOptions,
    { direct = [], virtualStartNs, checkInstruments }: NativeBotParts = {},
  ) {
    super();
    checkKeys(options, BOT_KEYS, '');
    this.instruments = resolveInstruments(options.instruments);
    checkInstruments?.(this.instruments);
    const config = {
      ...nativeBotConfig(this.instruments, options),
      direct: [...direct],
      ...(virtualStartNs === undefined ? {} : { virtualStartNs }),
    };
    this.isDirect = direct.length > 0;
    const batchRecords = resolveBatchRecords(options.batchRecords);
    this.addon = requireLiveAddon();
    // Shared buffers, because they cannot be detached while native code holds their address.
    const records = new Uint8Array(new SharedArrayBuffer(batchRecords * RECORD_BYTES));
    const state = new Uint8Array(new SharedArrayBuffer(this.instruments.length * STATE_BYTES));
    const floats = new Float64Array(state.buffer);
    for (let asset = 0; asset < this.instruments.length; asset += 1) {
      floats[asset * (STATE_BYTES / 8) + StateField.bestBid] = NaN;
      floats[asset * (STATE_BYTES / 8) + StateField.bestAsk] = NaN;
    }
    try {
      this.native = new (pick(this.addon))(config);
      this.native.attach(records, state);
      this.botId = this.native.botId;
      this.handle = this.native.handle;
    } catch (error) {
      throw errorFromNative(error, 'new bot');
    }
    this.waits = new SlicedWaits(this.addon, this.handle, {
      open: () => this.open(),
      monotonicNs: () => this.monotonicNs(),
    });
    this.reader = new RecordReader(records);
    this.kinds = records;
    this.stateFloats = floats;
    this.depths = this.instruments.map(
      (instrument, asset) =>
        new NativeDepthView({ open: () => this.open() }, asset, instrument, state),
    );
    this.orderMaps = this.instruments.map(() => null);
    this.changes = new PendingChanges(this.instruments);
    this.forgetExit = closeAtExit(this);
    this.lookAtLinks(options);
  }

  /** Says of connectors that are there that orders are real. */
  private announce(): void {
    for (const { connector, connected, orders, environment } of this.links())
      if (connected) announceRealOrders(connector, orders, environment);
  }

  /** Refuses connectors that are there and not as demanded. */
  private lookAtLinks(required: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>): void {
    try {
      for (const { connector, connected, orders, environment } of this.links())
        if (connected) checkRequirement(required, connector, orders, environment);
      this.announce();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.native === null;
  }

  get ended(): boolean {
    return this.waits.stopped || this.native === null;
  }

  currentTimestampNs(): bigint {
    return this.open().currentTimestampNs();
  }

  monotonicNs(): number {
    if (this.native === null) return this.addon.monotonicNs();
    this.addon.botNoteTime(this.handle);
    return this.stateFloats[StateField.monotonicNs] as number;
  }

  /** How many instruments the bot has. */
  numAssets(): number {
    this.open();
    return this.instruments.length;
  }

  position(asset: number): number {
    this.open();
    this.instrument(asset);
    return this.stateFloats[asset * (STATE_BYTES / 8) + StateField.position] ?? NaN;
  }

  stateValues(asset: number): StateValues {
    return Object.freeze({
      position: this.position(asset),
      balance: null,
      fee: null,
      numTrades: null,
      tradingVolume: null,
      tradingValue: null,
    });
  }

  depth(asset: number): MarketDepthView {
    return this.depthView(asset);
  }

  depthSnapshot(asset: number, levels = 20): DepthSnapshot {
    const view = this.depthView(asset);
    const { bids, asks } = view.levels(levels);
    return Object.freeze({
      type: 'snapshot',
      asset,
      symbol: this.instrument(asset).symbol,
      bids,
      asks,
      exchTsNs: view.wide(StateField.lastFeedExchTsNs),
      localTsNs: view.wide(StateField.lastFeedLocalTsNs),
      state: view.state,
      synced: view.synced,
    });
  }

  lastTrades(asset: number): readonly Trade[] {
    const native = this.open();
    const { lastTradesCapacity } = this.instrument(asset);
    if (lastTradesCapacity === 0) return [];
    const out = new Uint8Array(lastTradesCapacity * RECORD_BYTES);
    const count = this.guard('lastTrades', () => native.lastTrades(asset, out));
    const reader = new RecordReader(out, count);
    return Array.from(reader, (view) => tradeFromView(view, this.instruments));
  }

  clearLastTrades(asset?: number): void {
    this.forAssets(asset, (native, each) => {
      native.clearLastTrades(each);
    });
  }

  orders(asset: number): ReadonlyMap<bigint, OrderResponse> {
    const native = this.open();
    const instrument = this.instrument(asset);
    const cached = this.orderMaps[asset];
    if (cached) return cached;
    const orders = this.guard('orders', () => native.orders(asset));
    const map = new Map(
      orders.map((order) => [
        order.orderId,
        this.changes.shown(orderFromNative(order, asset, instrument)),
      ]),
    );
    this.orderMaps[asset] = map;
    return map;
  }

  order(asset: number, orderId: OrderId): OrderResponse | null {
    const native = this.open();
    const instrument = this.instrument(asset);
    const id = check.checkOrderId(orderId);
    const order = this.guard('order', () => native.order(asset, id));
    return order === null ? null : this.changes.shown(orderFromNative(order, asset, instrument));
  }

  override submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult {
    this.open();
    const { addon, handle } = this;
    const instrument = this.instrument(asset);
    const { orderId, side, price, qty, timeInForce, orderType } = check.checkOrderRequest(order);
    check.checkGrid(instrument, price, qty, orderType === MARKET_CODE);
    const waitNs = check.checkWait(wait);
    return this.request('submitOrder', asset, orderId, waitNs, () =>
      addon.botSubmitOrder(handle, asset, orderId, side, price, qty, timeInForce, orderType, 0),
    );
  }

  modify(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    wait?: OrderWait,
  ): ElapseResult {
    this.open();
    const { addon, handle } = this;
    const instrument = this.instrument(asset);
    const id = check.checkOrderId(orderId);
    const toPrice = check.checkPrice(price);
    const toQty = check.checkQty(qty);
    check.checkGrid(instrument, toPrice, toQty, false);
    const waitNs = check.checkWait(wait);
    return this.request('modify', asset, id, waitNs, () => {
      if (this.changes.has(id)) return CommandError.InvalidOrderStatus;
      const code = addon.botModify(handle, asset, id, toPrice, toQty, 0);
      if (code === CommandError.Ok) this.changes.sent(asset, id, toPrice, toQty);
      return code;
    });
  }

  cancel(asset: number, orderId: OrderId, wait?: OrderWait): ElapseResult {
    this.open();
    const { addon, handle } = this;
    this.instrument(asset);
    const id = check.checkOrderId(orderId);
    const waitNs = check.checkWait(wait);
    return this.request('cancel', asset, id, waitNs, () => addon.botCancel(handle, asset, id, 0));
  }

  cancelAll(asset?: number): void {
    this.open();
    if (asset !== undefined) this.instrument(asset);
    forEachAsset(asset, this.instruments.length, (each) => {
      this.cancelAllOf(each);
    });
  }

  clearInactiveOrders(asset?: number): void {
    this.forAssets(asset, (native, each) => {
      this.orderMaps[each] = null;
      native.clearInactiveOrders(each);
    });
  }

  waitOrderResponse(asset: number, orderId: OrderId, timeoutNs: number): ElapseResult {
    this.open();
    this.instrument(asset);
    const id = check.checkOrderId(orderId);
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    return this.waited('waitOrderResponse', timeoutNs, (native, sliceNs) => {
      const code = native.waitOrderResponse(asset, id, sliceNs);
      // hftbacktest says `ok` for a response inside a batch: the records show it.
      return code === 0 && this.holds(native, RecordKind.Order, asset, id) ? 3 : code;
    });
  }

  waitNextFeed(includeOrderResponses: boolean, timeoutNs: number): ElapseResult {
    this.open();
    check.checkBoolean(includeOrderResponses, 'includeOrderResponses');
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    return this.waited('waitNextFeed', timeoutNs, (native, sliceNs) => {
      const code = native.waitNextFeed(includeOrderResponses, sliceNs);
      if (code !== 0) return code;
      if (this.holds(native, RecordKind.Trade) || this.holds(native, RecordKind.Depth)) return 2;
      return includeOrderResponses && this.holds(native, RecordKind.Order) ? 3 : 0;
    });
  }

  elapse(durationNs: number): ElapseResult {
    this.open();
    check.checkDurationNs(durationNs, 'durationNs');
    return this.waited('elapse', durationNs, (native, sliceNs) => native.elapse(sliceNs));
  }

  elapseBt(durationNs: number): ElapseResult {
    this.open();
    check.checkDurationNs(durationNs, 'durationNs');
    return 'ok';
  }

  waitBatch(timeoutNs: number, maxRecords?: number): RecordReader {
    this.open();
    check.checkDurationNs(timeoutNs, 'timeoutNs');
    const limit = maxRecords ?? this.reader.capacity;
    check.checkCount(limit, 'maxRecords', this.reader.capacity);
    const count = this.waits.batch(timeoutNs, limit);
    this.noteOrders(count);
    return this.reader.reset(0, count);
  }

  feedLatency(asset: number): FeedLatency | null {
    const native = this.open();
    this.instrument(asset);
    const times = this.guard('feedLatency', () => native.feedLatency(asset));
    if (times === null) return null;
    return Object.freeze({ exchTsNs: times[0] ?? 0n, localTsNs: times[1] ?? 0n });
  }

  orderLatency(asset: number): OrderLatency | null {
    const native = this.open();
    this.instrument(asset);
    const times = this.guard('orderLatency', () => native.orderLatency(asset));
    if (times === null) return null;
    return Object.freeze({
      reqTsNs: times[0] ?? 0n,
      exchTsNs: times[1] ?? 0n,
      respTsNs: times[2] ?? 0n,
    });
  }

  resync(asset: number): void {
    const native = this.open();
    this.instrument(asset);
    const code = this.guard('resync', () => native.resync(asset));
    if (code !== CommandError.Ok) throw errorFromCommand(code, `resync(asset ${String(asset)})`);
  }

  agreeOrders(connector: string, orders: OrdersKind, environment: string): void {
    const native = this.open();
    const asset = assetOn(this.instruments, connector);
    const asReported = environment === 'unknown' ? '' : environment;
    const code = this.guard('agreeOrders', () =>
      native.agreeOrders(asset, ordersToCode(orders), asReported),
    );
    if (code !== CommandError.Ok)
      throw errorFromCommand(code, `agreeOrders(${connector}, ${ordersText(orders, asReported)})`);
  }

  stats(): BotStats {
    const native = this.open();
    return Object.freeze({ ...this.guard('stats', () => native.stats()) });
  }

  links(): readonly ConnectionHealth[] {
    const native = this.open();
    return this.guard('links', () => native.links()).map((link) =>
      Object.freeze(connectionHealth(link)),
    );
  }

  /** Ties the bot to a `NativePort` of another thread: its `stop()` ends this bot's waits. */
  bindPort(portId: number): void {
    const native = this.open();
    this.guard('bindPort', () => {
      native.bindPort(portId);
    });
  }

  /** Undoes a stop that came over the port, and hears no other: for the answers to the last requests. */
  resume(): void {
    const native = this.open();
    this.guard('resume', () => {
      native.unbindPort();
    });
    this.waits.stopped = false;
  }

  close(): void {
    const native = this.native;
    if (native === null) return;
    this.native = null;
    this.forgetExit();
    this.guard('close', () => {
      try {
        const left = this.isDirect ? stopDirect(native) : [];
        // A bot that is closed has no other way to say it.
        if (left.length > 0)
          process.stderr.write(`hftbacktest-live: ${ordersLeftOpen('the bot', left).message}\n`);
      } finally {
        native.close();
      }
    });
  }

  /** As `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Puts a fault into the connector of an instrument; only under a virtual clock. */
  protected injectFault(
    asset: number,
    fault: string,
    forNs: number,
    code: number,
    text: string,
  ): void {
    const native = this.open();
    this.guard('injectFault', () => native.injectFault(asset, fault, forNs, code, text));
  }

  /** Sets the virtual wall clock forward, or back. */
  protected stepWallClock(byNs: number): void {
    const native = this.open();
    this.guard('stepWallClock', () => native.stepWallClock(byNs));
  }

  private open(): NativeBot {
    if (this.native !== null) return this.native;
    throw errorFromCommand(CommandError.Closed, 'bot');
  }

  private instrument(asset: number): InstrumentSpec {
    check.checkAsset(asset, this.instruments.length);
    return this.instruments[asset] as InstrumentSpec;
  }

  private depthView(asset: number): NativeDepthView {
    this.open();
    this.instrument(asset);
    return this.depths[asset] as NativeDepthView;
  }

  private guard<T>(operation: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw errorFromNative(error, operation);
    }
  }

  private cancelAllOf(asset: number): void {
    const native = this.open();
    this.orderMaps[asset] = null;
    // Before the call: after it the bot takes them for such that have a cancel under way.
    this.lateCancels.note(this, asset);
    const code = this.guard('cancelAll', () => native.cancelAll(asset));
    this.orderMaps[asset] = null;
    if (code === CommandError.Unsupported) {
      for (const { orderId, cancellable } of this.orders(asset).values())
        if (cancellable) this.cancel(asset, orderId);
    } else if (code !== CommandError.Ok)
      throw errorFromCommand(code, `cancelAll(asset ${String(asset)})`);
  }

  private forAssets(
    asset: number | undefined,
    call: (native: NativeBot, asset: number) => void,
  ): void {
    const native = this.open();
    if (asset !== undefined) this.instrument(asset);
    this.instruments.forEach((_, each) => {
      if (asset === undefined || asset === each) {
        this.guard('clear', () => {
          call(native, each);
        });
      }
    });
  }

  private request(
    operation: string,
    asset: number,
    orderId: bigint,
    waitNs: number,
    call: () => number,
  ): ElapseResult {
    this.orderMaps[asset] = null;
    const code = this.guard(operation, call);
    const what = `${operation}(asset ${String(asset)}, order ${String(orderId)})`;
    if (code !== CommandError.Ok) throw errorFromCommand(code, what, this.depths[asset]?.state);
    if (waitNs === 0) return 'ok';
    const result = this.waitOrderResponse(asset, orderId, waitNs);
    if (result === 'ok') throw errorFromCommand(CommandError.Timeout, what);
    return result;
  }

  /** A wait that may change orders. */
  private waited(
    operation: string,
    timeoutNs: number,
    wait: (native: NativeBot, sliceNs: number) => number,
  ): ElapseResult {
    return this.waits.repeat(operation, timeoutNs, (native, sliceNs) => {
      const code = wait(native, sliceNs);
      this.orderMaps.fill(null);
      this.noteAnswers(native.recordCount());
      this.lateCancels.look(this);
      return code;
    });
  }

  private holds(native: NativeBot, kind: number, asset?: number, orderId?: bigint): boolean {
    const count = native.recordCount();
    this.reader.reset(0, count);
    while (this.reader.next()) {
      const { view } = this.reader;
      if (view.kind !== kind) continue;
      if (asset !== undefined && view.asset !== asset) continue;
      if (orderId === undefined || view.orderId === orderId) return true;
    }
    return false;
  }

  /** Changes of orders may have been answered by the last `count` records. */
  private noteAnswers(count: number): void {
    if (this.changes.isEmpty) return;
    this.reader.reset(0, count);
    while (this.reader.next()) this.changes.look(this.reader.view);
  }

  /**
   * Forgets the copies of orders when a batch of `count` records changed any, and with the batch after it:
   * what the bot itself concludes of an order is applied to it only then.
   */
  private noteOrders(count: number): void {
    let changed = false;
    let linked = false;
    this.noteAnswers(count);
    for (let index = 0; index < count; index += 1) {
      const kind = this.kinds[index * RECORD_BYTES];
      if (kind === RecordKind.Order || kind === RecordKind.Reject) changed = true;
      else if (kind === RecordKind.Link) linked = true;
    }
    if (changed || linked || this.ordersChanged) {
      this.orderMaps.fill(null);
      this.lateCancels.look(this);
    }
    this.ordersChanged = changed || linked;
    if (linked) this.announce();
  }
}
