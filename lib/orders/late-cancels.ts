import type { Bot } from '../models/bot.js';
import { isFinalStatus } from '../models/order-status.js';

/**
 * Orders that are to be cancelled and have a request under way: hftbacktest takes no cancellation of such
 * an order, so it goes out with the answer.
 */
export class LateCancels {
  readonly #waiting = new Map<bigint, number>();

  /** Notes every open order of an instrument that cannot be cancelled now, unless its cancel is under way. */
  note(bot: Bot, asset: number): void {
    for (const { orderId, status, pending, cancellable } of bot.orders(asset).values())
      if (!isFinalStatus(status) && !cancellable && pending !== 'canceled')
        this.#waiting.set(orderId, asset);
  }

  /** Orders may have been answered. */
  look(bot: Bot): void {
    if (this.#waiting.size === 0) return;
    for (const [orderId, asset] of [...this.#waiting]) {
      const order = bot.order(asset, orderId);
      const isOver = order === null || isFinalStatus(order.status) || order.pending === 'canceled';
      if (!isOver && !order.cancellable) continue;
      this.#waiting.delete(orderId);
      if (isOver) continue;
      try {
        bot.cancel(asset, orderId);
      } catch {
        // The connector has gone since: what it was asked for then is known to its caller by the link.
      }
    }
  }
}

/** Calls for one instrument, or for every one before the first error is thrown. */
export function forEachAsset(
  asset: number | undefined,
  count: number,
  call: (asset: number) => void,
): void {
  if (asset !== undefined) {
    call(asset);
    return;
  }
  const errors: unknown[] = [];
  for (let each = 0; each < count; each += 1) {
    try {
      call(each);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
