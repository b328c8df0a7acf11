import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderResponse } from '../models/order-response.js';
import { isCancellable, orderStatusFromCode } from '../models/order-status.js';
import { orderTypeFromCode } from '../models/order-type.js';
import { sideFromCode } from '../models/side.js';
import { timeInForceFromCode } from '../models/time-in-force.js';
import { priceToTick, withoutNoise } from '../models/ticks.js';
import type { NativeOrder } from '../native/addon.js';

/** The addon's order as the object that users see. */
export function orderFromNative(
  order: NativeOrder,
  asset: number,
  instrument: InstrumentSpec,
): OrderResponse {
  const status = orderStatusFromCode(order.status);
  const pending = orderStatusFromCode(order.req);
  return Object.freeze({
    type: 'executionReport',
    orderId: order.orderId,
    asset,
    symbol: instrument.symbol,
    side: sideFromCode(order.side) ?? 'buy',
    price: withoutNoise(order.price, instrument.tickSize),
    // The connector may count in another tick.
    priceTick: priceToTick(order.price, instrument.tickSize),
    qty: withoutNoise(order.qty, instrument.lotSize),
    leavesQty: withoutNoise(order.leavesQty, instrument.lotSize),
    execQty: withoutNoise(order.execQty, instrument.lotSize),
    execPrice: withoutNoise(order.execPrice, instrument.tickSize),
    status,
    pending,
    timeInForce: timeInForceFromCode(order.timeInForce),
    orderType: orderTypeFromCode(order.orderType),
    maker: order.maker,
    cancellable: isCancellable(status, pending),
    exchTsNs: order.exchTsNs,
    localTsNs: order.localTsNs,
  });
}
