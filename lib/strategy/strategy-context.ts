import type { BalanceChange } from '../models/balance-change.js';
import { Balances } from '../models/balances.js';
import type { Bot, OrderId } from '../models/bot.js';
import { HftError } from '../models/hft-error.js';
import type { LinkState } from '../models/link-state.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import type { OrderResponse } from '../models/order-response.js';
import type { OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import type { TimeInForce } from '../models/time-in-force.js';
import type { OrderIdSource } from '../bot/order-id-source.js';

/** An order of a strategy; what is left out has a default. */
export interface StrategyOrder {
  /** Default 0: the first instrument. */
  readonly asset?: number;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  /** Default `GTC`. */
  readonly timeInForce?: TimeInForce;
  /** Default `limit`. */
  readonly orderType?: OrderType;
  /** Default: the next of `OrderIdSource`, unique across restarts. */
  readonly orderId?: OrderId;
}

/** Everything a strategy may see and do. Calls throw `HftError` as those of `Bot` do. */
export interface StrategyContext {
  readonly backend: 'native' | 'stub';
  readonly instruments: readonly InstrumentSpec[];
  /** The bot's local time, Unix ns. */
  readonly nowNs: bigint;
  /** The book; the same object in every call. */
  depth(asset?: number): MarketDepthView;
  /** Signed quantity. */
  position(asset?: number): number;
  /**
   * Money of the account, as it was last told.
   *
   * @param coin - Without it the account as a whole, where the venue tells that, else its only coin.
   * @param asset - An instrument of the connector meant; default the first.
   * @returns `null` when nothing of the kind was told (yet).
   * @throws HftError `ERR_UNSUPPORTED_BY_CONNECTOR` when the connector is there and tells none.
   */
  balance(coin?: string, asset?: number): BalanceChange | null;
  /** All orders of the strategy, finished ones until `clearInactiveOrders`. */
  orders(asset?: number): ReadonlyMap<bigint, OrderResponse>;
  /** Sends an order and returns its id at once; what becomes of it comes to `onOrder`. */
  submit(order: StrategyOrder): bigint;
  /** Asks to cancel an order; what becomes of it comes to `onOrder`. */
  cancel(orderId: OrderId, asset?: number): void;
  /** Asks to change price and total quantity of an open order; see `Bot.modify`. */
  modify(orderId: OrderId, price: number, qty: number, asset?: number): void;
  /** Asks to cancel all orders on an instrument (default: the first), in one message; see `Bot.cancelAll`. */
  cancelAll(asset?: number): void;
  /** Forgets finished orders of one instrument, or of all. */
  clearInactiveOrders(asset?: number): void;
  /** A line for the log of `runLive`: text and, if wanted, values that can be cloned. */
  log(text: string, values?: Readonly<Record<string, unknown>>): void;
  /** Ends the loop after the current batch. */
  stop(): void;
}

/** What a context tells its loop. */
export interface ContextHost {
  log(text: string, values: Readonly<Record<string, unknown>> | undefined): void;
  stop(): void;
  /** A request made at `atNs` (monotonic) is on its way; `submitted` for a new order. */
  requested(orderId: bigint, atNs: number, submitted: boolean): void;
}

/** The context that the loop hands to a strategy: `Bot` with less to say. */
export class BotStrategyContext implements StrategyContext {
  readonly backend: 'native' | 'stub';
  readonly instruments: readonly InstrumentSpec[];
  private readonly bot: Bot;
  private readonly orderIds: OrderIdSource;
  private readonly host: ContextHost;
  private readonly balances = new Balances();

  constructor(bot: Bot, orderIds: OrderIdSource, host: ContextHost) {
    this.backend = bot.backend;
    this.instruments = bot.instruments;
    this.bot = bot;
    this.orderIds = orderIds;
    this.host = host;
  }

  get nowNs(): bigint {
    return this.bot.currentTimestampNs();
  }

  depth(asset = 0): MarketDepthView {
    return this.bot.depth(asset);
  }

  position(asset = 0): number {
    return this.bot.position(asset);
  }

  balance(coin?: string, asset = 0): BalanceChange | null {
    const connector = this.instruments[asset]?.connector ?? '';
    const found = this.balances.get(connector, coin);
    if (found !== undefined) return found;
    const link = this.bot.links().find((each) => each.connector === connector);
    if (link?.connected === true && !link.balances) {
      throw new HftError(
        'ERR_UNSUPPORTED_BY_CONNECTOR',
        `the connector ${connector} tells no balances.`,
        { remedy: "Use this package's connector, of this version." },
      );
    }
    return null;
  }

  /** For the loop: a balance was told. */
  keepBalance(balance: BalanceChange): void {
    this.balances.keep(balance);
  }

  /** For the loop: the answers of a connector that came bring its balances anew. */
  noteLink(state: LinkState, asset: number): void {
    if (state === 'connected' || state === 'restarted')
      this.balances.forget(this.instruments[asset]?.connector ?? '');
  }

  orders(asset = 0): ReadonlyMap<bigint, OrderResponse> {
    return this.bot.orders(asset);
  }

  submit(order: StrategyOrder): bigint {
    const { asset = 0, orderId = this.orderIds.next(), ...rest } = order;
    const atNs = this.bot.monotonicNs();
    this.bot.submitOrder(asset, { ...rest, orderId });
    const id = BigInt(orderId);
    this.host.requested(id, atNs, true);
    return id;
  }

  cancel(orderId: OrderId, asset = 0): void {
    const atNs = this.bot.monotonicNs();
    this.bot.cancel(asset, orderId);
    this.host.requested(BigInt(orderId), atNs, false);
  }

  modify(orderId: OrderId, price: number, qty: number, asset = 0): void {
    const atNs = this.bot.monotonicNs();
    this.bot.modify(asset, orderId, price, qty);
    this.host.requested(BigInt(orderId), atNs, false);
  }

  cancelAll(asset = 0): void {
    this.bot.cancelAll(asset);
  }

  clearInactiveOrders(asset?: number): void {
    this.bot.clearInactiveOrders(asset);
  }

  log(text: string, values?: Readonly<Record<string, unknown>>): void {
    this.host.log(text, values);
  }

  stop(): void {
    this.host.stop();
  }
}
