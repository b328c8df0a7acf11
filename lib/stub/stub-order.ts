import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderResponse } from '../models/order-response.js';
import { orderStatusFromCode } from '../models/order-status.js';
import { orderTypeFromCode } from '../models/order-type.js';
import { RecordKind } from '../models/record-layout.js';
import type { RecordFields } from '../models/record-writer.js';
import { timeInForceFromCode } from '../models/time-in-force.js';
import { WireStatus } from '../models/wire-status.js';

/** An order of the stub; numbers as hftbacktest has them, times in Unix ns. */
export interface StubOrder {
  readonly orderId: bigint;
  readonly asset: number;
  /** 1 buy, -1 sell. */
  readonly side: 1 | -1;
  price: number;
  priceTick: number;
  qty: number;
  leavesQty: number;
  execQty: number;
  execPrice: number;
  status: number;
  req: number;
  readonly timeInForce: number;
  readonly orderType: number;
  maker: boolean;
  exchTsNs: bigint;
  localTsNs: bigint;
}

/** True when the order rests and nothing is under way. */
export function isCancellable(order: StubOrder): boolean {
  return isOpen(order) && order.req === WireStatus.None;
}

export function isOpen(order: StubOrder): boolean {
  return order.status === WireStatus.New || order.status === WireStatus.PartiallyFilled;
}

export function stubOrderResponse(order: StubOrder, instrument: InstrumentSpec): OrderResponse {
  return Object.freeze({
    type: 'executionReport',
    orderId: order.orderId,
    asset: order.asset,
    symbol: instrument.symbol,
    side: order.side === 1 ? 'buy' : 'sell',
    price: order.price,
    priceTick: order.priceTick,
    qty: order.qty,
    leavesQty: order.leavesQty,
    execQty: order.execQty,
    execPrice: order.execPrice,
    status: orderStatusFromCode(order.status),
    pending: orderStatusFromCode(order.req),
    timeInForce: timeInForceFromCode(order.timeInForce),
    orderType: orderTypeFromCode(order.orderType),
    maker: order.maker,
    cancellable: isCancellable(order),
    exchTsNs: order.exchTsNs,
    localTsNs: order.localTsNs,
  });
}

/** The record of an execution, which stands before that of its order. The stub takes no fees. */
export function stubExecutionRecord(
  { asset, orderId, exchTsNs }: StubOrder,
  coin: string,
  trade: number,
): RecordFields {
  const text = `${coin}\n${String(trade)}`;
  return { kind: RecordKind.Execution, asset, orderId, exchTsNs, px: 0, text };
}

export function stubOrderRecord(order: StubOrder): RecordFields {
  return {
    kind: RecordKind.Order,
    side: order.side === 1 ? 1 : 2,
    status: order.status,
    asset: order.asset,
    exchTsNs: order.exchTsNs,
    localTsNs: order.localTsNs,
    px: order.price,
    qty: order.qty,
    orderId: order.orderId,
    leavesQty: order.leavesQty,
    execQty: order.execQty,
    execPx: order.execPrice,
    timeInForce: order.timeInForce,
    orderType: order.orderType,
    req: order.req,
    maker: order.maker ? 1 : 0,
  };
}
