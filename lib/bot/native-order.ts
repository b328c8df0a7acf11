import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderResponse } from '../models/order-response.js';
import { isCancellable, orderStatusFromCode } from '../models/order-status.js';
import { orderTypeFromCode } from '../models/order-type.js';
import { sideFromCode } from '../models/side.js';
import { timeInForceFromCode } from '../models/time-in-force.js';
import { roundToTick, tickToPrice } from '../models/ticks.js';
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
    price: tickToPrice(order.priceTick, instrument.tickSize),
    priceTick: order.priceTick,
    qty: roundToTick(order.qty, instrument.lotSize),
    leavesQty: roundToTick(order.leavesQty, instrument.lotSize),
    execQty: roundToTick(order.execQty, instrument.lotSize),
    execPrice: roundToTick(order.execPrice, instrument.tickSize),
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
