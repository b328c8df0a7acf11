import type { OrderId, OrderWait } from './bot.js';
import type { ElapseResult } from './elapse-result.js';
import type { OrderRequest } from './order-request.js';
import type { OrderType } from './order-type.js';
import type { TimeInForce } from './time-in-force.js';

/** hftbacktest's two calls per side, on the one call that every bot has. */
export abstract class OrderSides {
  /** See {@link Bot.submitOrder}. */
  abstract submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult;

  /** See {@link Bot.submitBuyOrder}. */
  submitBuyOrder(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    timeInForce: TimeInForce,
    orderType: OrderType,
    wait?: OrderWait,
  ): ElapseResult {
    const order = { orderId, side: 'buy', price, qty, timeInForce, orderType } as const;
    return this.submitOrder(asset, order, wait);
  }

  /** See {@link Bot.submitSellOrder}. */
  submitSellOrder(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    timeInForce: TimeInForce,
    orderType: OrderType,
    wait?: OrderWait,
  ): ElapseResult {
    const order = { orderId, side: 'sell', price, qty, timeInForce, orderType } as const;
    return this.submitOrder(asset, order, wait);
  }
}
