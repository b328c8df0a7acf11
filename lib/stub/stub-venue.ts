import { CommandError } from '../models/record-layout.js';
import type { CheckedOrder } from '../models/arguments.js';
import { MARKET_CODE } from '../models/order-type.js';
import { priceToTick, roundToTick, tickToPrice } from '../models/ticks.js';
import { timeInForceToCode } from '../models/time-in-force.js';
import { WireStatus } from '../models/wire-status.js';
import type { BookLevel } from '../models/book-level.js';
import type { MarketDepthView } from '../models/market-depth-view.js';
import type { Random } from './random.js';
import { isCancellable, isOpen, type StubOrder } from './stub-order.js';
import type { StubRefusal } from './stub-limits.js';
import type { ResolvedStubOptions } from './stub-options.js';

const IOC = timeInForceToCode('IOC');
const FOK = timeInForceToCode('FOK');
const GTX = timeInForceToCode('GTX');
/** Levels that an order may take: more than the stub makes. */
const BOOK_LEVELS = 1000;

/** Why a post-only order ends: the number and words of the simulated exchange. An IOC or FOK needs none. */
const WOULD_CROSS: StubRefusal = { code: 2001, text: 'post-only order would take liquidity' };

/** What the venue needs from its bot. */
export interface VenueHost {
  /** Virtual or real time, ns since the start. */
  nowNs(): number;
  unixNs(elapsedNs: number): bigint;
  schedule(dueNs: number, happen: () => void): void;
  depth(asset: number): MarketDepthView;
  lotSize(asset: number): number;
  /** The bot learns a new state of an order; `isExecution`: after an execution. */
  orderUpdated(order: StubOrder, isExecution: boolean): void;
  filled(order: StubOrder): void;
  /** Why the account does not get an order with these terms. */
  refusal(order: StubOrder): StubRefusal | undefined;
  /** The bot learns that a request about an order was refused, or why the order ends. */
  refused(order: StubOrder, refusal: StubRefusal): void;
}

/**
 * The stub's venue: takes orders and fills them by chance. It answers a request after the order
 * latency; half of it is the way there.
 */
export class StubVenue {
  private readonly host: VenueHost;
  private readonly options: ResolvedStubOptions;
  private readonly random: Random;
  private readonly orders: readonly Map<bigint, StubOrder>[];
  /** To be cancelled once the request under way is answered. */
  private readonly lateCancels = new Set<bigint>();

  constructor(host: VenueHost, options: ResolvedStubOptions, random: Random, assets: number) {
    this.host = host;
    this.options = options;
    this.random = random;
    this.orders = Array.from({ length: assets }, () => new Map<bigint, StubOrder>());
  }

  ordersOf(asset: number): ReadonlyMap<bigint, StubOrder> {
    return this.orders[asset] ?? new Map<bigint, StubOrder>();
  }

  /** Returns a `CommandError` number. */
  submit(asset: number, request: CheckedOrder, tickSize: number): number {
    const orders = this.orders[asset];
    if (orders === undefined) return CommandError.InstrumentNotFound;
    if (orders.has(request.orderId)) return CommandError.OrderIdExist;
    const priceTick = priceToTick(request.price, tickSize);
    const qty = roundToTick(request.qty, this.host.lotSize(asset));
    const nowNs = this.host.nowNs();
    const order: StubOrder = {
      orderId: request.orderId,
      asset,
      side: request.side,
      price: tickToPrice(priceTick, tickSize),
      priceTick,
      qty,
      leavesQty: qty,
      execQty: 0,
      execPrice: 0,
      status: WireStatus.New,
      req: WireStatus.New,
      timeInForce: request.timeInForce,
      orderType: request.orderType,
      maker: false,
      exchTsNs: 0n,
      localTsNs: this.host.unixNs(nowNs),
    };
    orders.set(order.orderId, order);
    this.travel((atNs) => {
      this.accept(order, atNs);
    });
    return CommandError.Ok;
  }

  /** Returns a `CommandError` number. */
  cancel(asset: number, orderId: bigint): number {
    return this.request(asset, orderId, WireStatus.Canceled, (order) => {
      order.status = WireStatus.Canceled;
      order.leavesQty = 0;
    });
  }

  /** Returns a `CommandError` number. */
  modify(asset: number, orderId: bigint, price: number, qty: number, tickSize: number): number {
    return this.request(asset, orderId, WireStatus.Replaced, (order) => {
      const executed = this.wholeLots(order.asset, order.qty - order.leavesQty);
      const toQty = this.wholeLots(order.asset, qty);
      const priceTick = priceToTick(price, tickSize);
      const terms = {
        priceTick,
        price: tickToPrice(priceTick, tickSize),
        qty: toQty,
        leavesQty: this.wholeLots(order.asset, Math.max(0, toQty - executed)),
      };
      const refusal = this.host.refusal({ ...order, ...terms });
      if (refusal !== undefined) {
        this.host.refused(order, refusal);
        return;
      }
      Object.assign(order, terms);
      if (order.leavesQty === 0)
        order.status = executed > 0 ? WireStatus.Filled : WireStatus.Canceled;
      else if (this.crosses(order)) {
        const nowNs = this.host.nowNs();
        this.host.schedule(nowNs, () => {
          if (isOpen(order)) this.take(order, nowNs);
        });
      }
    });
  }

  /** @param isComplete - Orders with a request under way are cancelled when that is answered. */
  cancelAll(asset: number, isComplete = true): void {
    for (const order of this.ordersOf(asset).values()) {
      if (isCancellable(order)) this.cancel(asset, order.orderId);
      else if (isComplete && isOpen(order) && order.req !== WireStatus.Canceled)
        this.lateCancels.add(order.orderId);
    }
  }

  clearInactive(asset: number): void {
    const orders = this.orders[asset];
    for (const order of orders?.values() ?? []) if (!isOpen(order)) orders?.delete(order.orderId);
  }

  private request(
    asset: number,
    orderId: bigint,
    req: number,
    apply: (order: StubOrder) => void,
  ): number {
    const order = this.orders[asset]?.get(orderId);
    if (order === undefined) return CommandError.OrderNotFound;
    if (!isCancellable(order)) return CommandError.InvalidOrderStatus;
    order.req = req;
    order.localTsNs = this.host.unixNs(this.host.nowNs());
    this.travel((atNs) => {
      // Filled on the way: the fill has been reported, the request comes too late.
      order.req = WireStatus.None;
      if (isOpen(order)) apply(order);
      this.report(order, atNs);
    });
    return CommandError.Ok;
  }

  /** The request takes half of the latency to the venue, its answer the other half. */
  private travel(answer: (atVenueNs: number) => void): void {
    const latencyNs = this.options.orderLatencyNs * (0.8 + 0.4 * this.random.next());
    const nowNs = this.host.nowNs();
    this.host.schedule(nowNs + latencyNs, () => {
      answer(nowNs + latencyNs / 2);
    });
  }

  private accept(order: StubOrder, atNs: number): void {
    const { random, options } = this;
    order.req = WireStatus.None;
    const market = order.orderType === MARKET_CODE;
    const takes = market || this.crosses(order);
    const probability = takes ? options.marketFillProbability : options.fillProbability;
    // The numbers are always drawn, so that one order's luck does not hang on another's kind.
    const fills = random.chance(probability);
    const inParts = random.chance(options.partialFillProbability);
    const delayNs = random.exponential(options.fillDelayNs);
    const refusal = this.host.refusal(order);
    if (refusal !== undefined) {
      this.host.refused(order, refusal);
      this.expire(order, atNs);
      return;
    }
    const rests = !market && order.timeInForce !== IOC && order.timeInForce !== FOK;
    const isCrossing = order.timeInForce === GTX && !market && takes;
    const isShort = order.timeInForce === FOK && this.available(order) < order.leavesQty;
    if (isCrossing || isShort) {
      if (isCrossing) this.host.refused(order, WOULD_CROSS);
      this.expire(order, atNs);
      return;
    }
    if (takes && fills) this.take(order, atNs);
    if (order.leavesQty === 0) return;
    if (!rests) {
      this.expire(order, atNs);
      return;
    }
    if (takes) {
      if (!fills) this.report(order, atNs);
      return;
    }
    this.report(order, atNs);
    if (!fills) return;
    const answeredNs = this.host.nowNs();
    const first = inParts ? this.wholeLots(order.asset, order.qty / 2) : 0;
    if (first > 0 && first < order.qty) {
      this.scheduleFill(order, answeredNs + delayNs / 2, first);
    }
    this.scheduleFill(order, answeredNs + delayNs, Infinity);
  }

  private scheduleFill(order: StubOrder, dueNs: number, qty: number): void {
    this.host.schedule(dueNs, () => {
      if (isOpen(order)) this.fill(order, Math.min(qty, order.leavesQty), dueNs);
    });
  }

  /** Executes what the other side of the book shows within the order's limit, level by level. */
  private take(order: StubOrder, atNs: number): void {
    for (const { price, qty } of this.reachable(order)) {
      if (order.leavesQty === 0) return;
      this.fill(order, Math.min(qty, order.leavesQty), atNs, price);
    }
  }

  /** What the other side of the book shows within the order's limit. */
  private available(order: StubOrder): number {
    const qty = this.reachable(order).reduce((sum, level) => sum + level.qty, 0);
    return this.wholeLots(order.asset, qty);
  }

  private reachable(order: StubOrder): readonly BookLevel[] {
    const { asks, bids } = this.host.depth(order.asset).levels(BOOK_LEVELS);
    const levels = order.side === 1 ? asks : bids;
    if (order.orderType === MARKET_CODE) return levels;
    return levels.filter(({ price }) => (order.price - price) * order.side >= 0);
  }

  private expire(order: StubOrder, atNs: number): void {
    order.status = WireStatus.Expired;
    order.leavesQty = 0;
    this.report(order, atNs);
  }

  /** `price`: of the level that is taken; left out, the order rests and is taken itself. */
  private fill(order: StubOrder, qty: number, atNs: number, price?: number): void {
    order.execQty = this.wholeLots(order.asset, qty);
    order.execPrice = price ?? order.price;
    order.maker = price === undefined;
    order.leavesQty = this.wholeLots(order.asset, order.leavesQty - qty);
    order.status = order.leavesQty > 0 ? WireStatus.PartiallyFilled : WireStatus.Filled;
    this.report(order, atNs, true);
    this.host.filled(order);
  }

  private report(order: StubOrder, atNs: number, isExecution = false): void {
    const exchTsNs = this.host.unixNs(atNs);
    order.exchTsNs = exchTsNs > order.exchTsNs ? exchTsNs : order.exchTsNs + 1n;
    this.host.orderUpdated(order, isExecution);
    if (isCancellable(order) && this.lateCancels.delete(order.orderId))
      this.cancel(order.asset, order.orderId);
  }

  private crosses(order: StubOrder): boolean {
    const { bestAskTick, bestBidTick } = this.host.depth(order.asset);
    return order.side === 1 ? order.priceTick >= bestAskTick : order.priceTick <= bestBidTick;
  }

  private wholeLots(asset: number, qty: number): number {
    const lotSize = this.host.lotSize(asset);
    return tickToPrice(priceToTick(qty, lotSize), lotSize);
  }
}
