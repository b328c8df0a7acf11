import type { BalanceChange } from '../models/balance-change.js';
import { isFinalStatus } from '../models/order-status.js';
import { canRest } from '../orders/can-rest.js';
import { Balances } from '../models/balances.js';
import type { Bot, OrderId } from '../models/bot.js';
import { checkOrderId } from '../models/arguments.js';
import { assetOn } from '../models/asset-on.js';
import { findInstrument, selectInstrument } from '../models/find-instrument.js';
import type { ConnectionHealth } from '../models/connection-health.js';
import { checkKeys } from '../models/known-keys.js';
import { invalid } from '../models/invalid.js';
import type { LinkState } from '../models/link-state.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import { errorFromCommand, inWordsOf } from '../models/native-error.js';
import { NEW_ORDER_KEYS, type NewOrder } from '../models/new-order.js';
import { noBalances } from '../models/no-balances.js';
import { checkChange, type OrderChange } from '../models/order-change.js';
import type { OrderResponse } from '../models/order-response.js';
import type { OrdersKind } from '../models/orders-kind.js';
import { CommandError } from '../models/record-layout.js';
import {
  checkQuoteOptions,
  SEND_QUOTE_KEYS,
  type DesiredQuote,
  type SendQuoteOptions,
} from '../orders/desired-quote.js';
import { forEachAsset } from '../orders/late-cancels.js';
import type { OrderIdSource } from '../bot/order-id-source.js';
import { AskedCancels } from './asked-cancels.js';
import { sendQuotes, type QuoteResult } from './send-quotes.js';

/** Everything a strategy may see and do. Calls throw `HftError` as those of `Bot` do. */
export interface StrategyContext {
  readonly backend: 'native' | 'stub';
  readonly instruments: readonly InstrumentSpec[];
  /** The bot's local time, Unix ns. */
  readonly nowNs: bigint;
  /** The book; the same object in every call. */
  depth(instrument?: string | number): MarketDepthView;
  /**
   * Signed quantity: above 0 long, below 0 short. Known in `onStart` already. NaN while it is not known:
   * without a key for the account, when the venue does not report it (notice 3222), and where the
   * connector has not answered within `startWaitMs`.
   */
  position(instrument?: string | number): number;
  /**
   * Money of a connector's account, as it was last reported.
   *
   * @param coin - Without it the account as a whole, where the venue reports that, else its only coin.
   * @param connector - Default: that of the first instrument.
   * @returns `undefined` when nothing of the kind was reported (yet).
   * @throws HftError `ERR_UNSUPPORTED_BY_CONNECTOR` when the connector is there and reports none,
   * `ERR_INVALID_ARGUMENT` for an unknown connector.
   */
  balance(coin?: string, connector?: string): BalanceChange | undefined;
  /**
   * All orders of the strategy on an instrument (default: the first), finished ones until
   * `clearInactiveOrders`; in `onStart` those that an earlier run left open.
   */
  orders(instrument?: string | number): ReadonlyMap<bigint, OrderResponse>;
  /**
   * Sends an order and returns its id at once; what becomes of it comes to `onOrderUpdate`. Throws
   * `ERR_BOOK_NOT_LIVE` while `depth().state` is not `live`, unless `requireLiveBook` is false.
   *
   * @throws HftError as `Bot.submitOrder`, and `ERR_INVALID_ARGUMENT` for an unknown name in the order.
   */
  submit(order: NewOrder): bigint;
  /**
   * Asks to cancel an order, whatever its instrument; what becomes of it comes to `onOrderUpdate`.
   *
   * @throws HftError as `Bot.cancel`.
   */
  cancel(orderId: OrderId): void;
  /**
   * Asks to change price, total quantity or both of an open order, whatever its instrument; what is
   * left out stays.
   *
   * @throws HftError as `Bot.modify`, and `ERR_INVALID_ARGUMENT` for an unknown name in the change.
   */
  modify(orderId: OrderId, change: OrderChange): void;
  /**
   * Asks to cancel the open orders on one instrument, or on all when none is given, as `cancelAll` of
   * `LiveClient` and of `Bot`: in one message each where the connector can do that, else one by one. An
   * order with a request under way is cancelled when that is answered. Tries every instrument before it
   * throws.
   *
   * @throws HftError as `Bot.cancelAll`, and `ERR_INSTRUMENT_NOT_FOUND`.
   */
  cancelAll(instrument?: string | number): void;
  /**
   * Brings the resting orders of one instrument (all of them, those of an earlier run included) to what is
   * desired: compares, counts what is under way, and sends the fewest cancels, changes and new orders; see
   * `planQuotes`. Call it as often as you like, for example in `onBatch` and `onTimer`: while answers are
   * missing it sends nothing twice. `[]` takes all quotes away.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_OFF_GRID`, `ERR_INSTRUMENT_NOT_FOUND`: nothing was sent. What
   * keeps a step from being sent is in the result's `denied`.
   */
  quote(desired: readonly DesiredQuote[], options?: SendQuoteOptions): QuoteResult;
  /** Forgets finished orders of one instrument, or of all. */
  clearInactiveOrders(instrument?: string | number): void;
  /** State of each connector, and where its orders go. */
  links(): readonly ConnectionHealth[];
  /** Agrees that orders to a connector go elsewhere than before; see `Bot.agreeOrders`. */
  agreeOrders(connector: string, orders: OrdersKind, environment: string): void;
  /** A line for the log of `runLive`: text and, if wanted, values that can be cloned. */
  log(text: string, values?: Readonly<Record<string, unknown>>): void;
  /** Ends the loop after the current batch. */
  stop(): void;
}

/** What a context reports to its loop. */
export interface ContextHost {
  log(text: string, values: Readonly<Record<string, unknown>> | undefined): void;
  stop(): void;
  /** True from `onStop` on. */
  isStopping(): boolean;
  /** A new order is about to be sent. */
  sending(asset: number, orderId: bigint, isSell: boolean, price: number, qty: number): void;
  /** It was not sent. */
  notSent(asset: number, orderId: bigint): void;
  /** It was sent, at `atNs` (monotonic). */
  submitted(asset: number, orderId: bigint, order: NewOrder, price: number, atNs: number): void;
  /** A cancellation was sent. */
  cancelSent(orderId: bigint, atNs: number): void;
  /** A cancellation of all orders on an instrument was sent. */
  cancelAllSent(asset: number): void;
  /** A change was sent. */
  changeSent(orderId: bigint, price: number, qty: number, atNs: number): void;
}

/** The context that the loop hands to a strategy: `Bot` with less to say. */
export class BotStrategyContext implements StrategyContext {
  readonly backend: 'native' | 'stub';
  readonly instruments: readonly InstrumentSpec[];
  private readonly bot: Bot;
  private readonly orderIds: OrderIdSource;
  private readonly host: ContextHost;
  private readonly balances = new Balances();
  /** For the loop: what is to be cancelled. */
  readonly cancels: AskedCancels;

  constructor(bot: Bot, orderIds: OrderIdSource, host: ContextHost) {
    this.backend = bot.backend;
    this.instruments = bot.instruments;
    this.bot = bot;
    this.cancels = new AskedCancels(bot);
    this.orderIds = orderIds;
    this.host = host;
  }

  get nowNs(): bigint {
    return this.bot.currentTimestampNs();
  }

  depth(instrument: string | number = 0): MarketDepthView {
    return this.bot.depth(this.asset(instrument));
  }

  position(instrument: string | number = 0): number {
    return this.bot.position(this.asset(instrument));
  }

  balance(coin?: string, connector?: string): BalanceChange | undefined {
    const name = connector ?? this.instruments[0]?.connector ?? '';
    if (connector !== undefined) assetOn(this.instruments, connector);
    const found = this.balances.get(name, coin);
    if (found !== undefined) return found;
    const link = this.bot.links().find((each) => each.connector === name);
    if (link?.connected === true && !link.balances) throw noBalances(name);
    return undefined;
  }

  /** For the loop: a balance was reported. */
  keepBalance(balance: BalanceChange): void {
    this.balances.keep(balance);
  }

  /** For the loop: the answers of a connector that came bring its balances anew. */
  noteLink(state: LinkState, asset: number): void {
    if (state === 'connected' || state === 'restarted')
      this.balances.forget(this.instruments[asset]?.connector ?? '');
  }

  orders(instrument: string | number = 0): ReadonlyMap<bigint, OrderResponse> {
    return this.bot.orders(this.asset(instrument));
  }

  submit(order: NewOrder): bigint {
    checkKeys(order, NEW_ORDER_KEYS, 'order');
    const asset = selectInstrument(this.instruments, order.instrument, order.symbol);
    const { side, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
    if (order.price === undefined && orderType !== 'market')
      invalid('order.price', undefined, 'is required for a limit order');
    const price = order.price ?? 0;
    const orderId = order.orderId ?? this.orderIds.next();
    const id = checkOrderId(orderId);
    const atNs = this.bot.monotonicNs();
    this.host.sending(asset, id, side === 'sell', price, qty);
    try {
      this.bot.submitOrder(asset, { orderId: id, side, price, qty, timeInForce, orderType });
    } catch (error) {
      this.host.notSent(asset, id);
      throw inWordsOf(error, 'strategy');
    }
    this.host.submitted(asset, id, order, price, atNs);
    return id;
  }

  cancel(orderId: OrderId): void {
    const asset = this.assetOf(orderId);
    const atNs = this.bot.monotonicNs();
    inStrategy(() => this.bot.cancel(asset, orderId));
    this.cancels.sent(asset, BigInt(orderId));
    this.host.cancelSent(BigInt(orderId), atNs);
  }

  modify(orderId: OrderId, change: OrderChange): void {
    checkChange(change);
    const asset = this.assetOf(orderId);
    let { price, qty } = change;
    if (price === undefined || qty === undefined) {
      const order = this.bot.order(asset, orderId);
      if (order === null)
        throw errorFromCommand(
          CommandError.OrderNotFound,
          `modify(${String(orderId)})`,
          undefined,
          'strategy',
        );
      price ??= order.price;
      qty ??= order.qty;
    }
    const atNs = this.bot.monotonicNs();
    this.change(asset, orderId, price, qty);
    this.host.changeSent(BigInt(orderId), price, qty, atNs);
  }

  cancelAll(instrument?: string | number): void {
    const only = instrument === undefined ? undefined : this.asset(instrument);
    forEachAsset(only, this.instruments.length, (asset) => {
      inStrategy(() => {
        this.cancels.cancelAll(asset);
      });
      this.host.cancelAllSent(asset);
    });
  }

  quote(desired: readonly DesiredQuote[], options: SendQuoteOptions = {}): QuoteResult {
    checkKeys(options, SEND_QUOTE_KEYS, 'options');
    checkQuoteOptions(options);
    const asset = this.asset(options.instrument ?? 0);
    const result = sendQuotes(this, this.bot, asset, desired, options);
    // There is no next call that would cancel what waits for an answer now.
    if (desired.length === 0 && this.host.isStopping()) this.cancelLate(asset);
    return result;
  }

  /** Quotes with a request under way are cancelled while the end of the run is waited for. */
  private cancelLate(asset: number): void {
    for (const order of this.bot.orders(asset).values())
      if (canRest(order) && !isFinalStatus(order.status) && order.pending !== 'canceled')
        this.cancels.wanted(asset, order.orderId);
  }

  clearInactiveOrders(instrument?: string | number): void {
    this.bot.clearInactiveOrders(instrument === undefined ? undefined : this.asset(instrument));
  }

  links(): readonly ConnectionHealth[] {
    return this.bot.links();
  }

  agreeOrders(connector: string, orders: OrdersKind, environment: string): void {
    inStrategy(() => {
      this.bot.agreeOrders(connector, orders, environment);
    });
  }

  log(text: string, values?: Readonly<Record<string, unknown>>): void {
    this.host.log(text, values);
  }

  stop(): void {
    this.host.stop();
  }

  private change(asset: number, orderId: OrderId, price: number, qty: number): void {
    inStrategy(() => this.bot.modify(asset, orderId, price, qty));
  }

  private asset(instrument: string | number): number {
    return findInstrument(this.instruments, instrument);
  }

  /** Number of the order's instrument; the first for an order that the bot does not hold. */
  private assetOf(orderId: OrderId): number {
    const count = this.instruments.length;
    if (count === 1) return 0;
    for (let asset = 0; asset < count; asset += 1)
      if (this.bot.order(asset, orderId) !== null) return asset;
    return 0;
  }
}

/** What the bot throws, in the words of a strategy. */
function inStrategy(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    throw inWordsOf(error, 'strategy');
  }
}
