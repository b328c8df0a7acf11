import type { Bot } from '../models/bot.js';
import { HftError } from '../models/hft-error.js';
import type { OrderLeft } from '../models/order-left.js';
import type { OrderResponse } from '../models/order-response.js';
import { isFinalStatus } from '../models/order-status.js';

/**
 * The orders that a strategy has asked to cancel. It asks again for those that could not be cancelled
 * at the time: hftbacktest refuses a cancellation while an order has a request under way.
 */
export class AskedCancels {
  readonly #bot: Bot;
  readonly #ids: readonly Set<bigint>[];
  /** Orders whose cancellation was sent. */
  readonly #sent = new Set<bigint>();

  constructor(bot: Bot) {
    this.#bot = bot;
    this.#ids = bot.instruments.map(() => new Set());
  }

  /** True while no cancel was asked for, and once all have ended. */
  get isEmpty(): boolean {
    return this.#ids.every((ids) => ids.size === 0);
  }

  /** The orders that have not ended. */
  open(): { readonly asset: number; readonly orderId: bigint }[] {
    return this.#ids.flatMap((ids, asset) => Array.from(ids, (orderId) => ({ asset, orderId })));
  }

  /** The order's cancellation was sent. */
  sent(asset: number, orderId: bigint): void {
    this.#ids[asset]?.add(orderId);
    this.#sent.add(orderId);
  }

  /** The order is to be cancelled as soon as it can be. */
  wanted(asset: number, orderId: bigint): void {
    this.#ids[asset]?.add(orderId);
  }

  /** The order has ended. */
  ended(asset: number, orderId: bigint): void {
    this.#ids[asset]?.delete(orderId);
    this.#sent.delete(orderId);
  }

  /**
   * Cancels all orders on an instrument: in one message, or one by one where the connector cannot do
   * that.
   *
   * @throws HftError as `Bot.cancelAll`, except `ERR_UNSUPPORTED_BY_CONNECTOR`.
   */
  cancelAll(asset: number): void {
    const open = openOrders(this.#bot, asset);
    try {
      this.#bot.cancelAll(asset);
      // An order with a request under way is cancelled by the bot when that is answered.
      for (const { orderId } of open) this.sent(asset, orderId);
    } catch (error) {
      for (const { orderId } of open) this.#ids[asset]?.add(orderId);
      if (!HftError.is(error) || error.code !== 'ERR_UNSUPPORTED_BY_CONNECTOR') throw error;
      this.#cancelEach(asset);
    }
  }

  /**
   * Cancels what could not be cancelled before, with `retry` also what was sent and is not under way
   * any more, and returns how many orders have not ended.
   */
  again(retry: boolean): number {
    let count = 0;
    if (retry) this.#sent.clear();
    for (const asset of this.#bot.instruments.keys()) {
      const orders = this.#bot.orders(asset);
      for (const orderId of this.#ids[asset] ?? []) {
        const order = orders.get(orderId);
        if (order === undefined || isFinalStatus(order.status)) this.ended(asset, orderId);
      }
      this.#cancelEach(asset);
      count += this.#ids[asset]?.size ?? 0;
    }
    return count;
  }

  #cancelEach(asset: number): void {
    const orders = this.#bot.orders(asset);
    for (const orderId of [...(this.#ids[asset] ?? [])]) {
      if (this.#sent.has(orderId) || orders.get(orderId)?.cancellable !== true) continue;
      try {
        this.#bot.cancel(asset, orderId);
        this.#sent.add(orderId);
      } catch {
        // It stays among those that are asked for again, and is reported in the end.
      }
    }
  }
}

function openOrders(bot: Bot, asset: number): OrderResponse[] {
  return [...bot.orders(asset).values()].filter(({ status }) => !isFinalStatus(status));
}

/** Every order of the bot that has not ended. */
export function ordersLeft(bot: Bot): OrderLeft[] {
  return bot.instruments.flatMap(({ symbol }, asset) =>
    openOrders(bot, asset).map(({ orderId, side, price, leavesQty, pending }) =>
      Object.freeze({
        symbol,
        orderId: String(orderId),
        side,
        price,
        leavesQty,
        known: pending !== 'new',
      }),
    ),
  );
}
