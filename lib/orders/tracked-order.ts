import type { EventView } from '../models/event-view.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { withoutNoise } from '../models/ticks.js';
import type { ClientOrder } from './client-order.js';
import type { CheckedOrder } from './order-checks.js';
import { WireStatus } from '../models/wire-status.js';

/** An own order that is about to be sent. */
export function pendingOrder(
  orderId: bigint,
  asset: number,
  symbol: string,
  request: CheckedOrder,
  createdTsMs = Date.now(),
): ClientOrder {
  return Object.freeze({
    orderId,
    asset,
    symbol,
    ...request,
    filledQty: 0,
    leavesQty: request.qty,
    avgFillPrice: NaN,
    state: 'pending_new',
    unconfirmed: false,
    own: true,
    reject: undefined,
    createdTsMs,
    exchTsNs: 0n,
  });
}

/** An order that this client did not send, before the report about it is applied. */
export function recoveredOrder(
  view: EventView,
  instruments: readonly InstrumentSpec[],
  createdTsMs = Date.now(),
): ClientOrder {
  const asset = view.asset;
  const { tickSize = NaN, lotSize = NaN } = instruments[asset] ?? {};
  const qty = withoutNoise(view.qty, lotSize);
  return {
    orderId: view.orderId,
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    side: view.side ?? 'buy',
    price: withoutNoise(view.price, tickSize),
    qty,
    filledQty: withoutNoise(filledBefore(view), lotSize),
    leavesQty: qty,
    avgFillPrice: NaN,
    timeInForce: view.timeInForce,
    orderType: view.orderType,
    state: 'pending_new',
    unconfirmed: false,
    own: false,
    reject: undefined,
    createdTsMs,
    exchTsNs: 0n,
  };
}

/** Quantities below this share of the order's are noise of floating point. */
const REL_EPS = 1e-9;

/** What was filled before the first report about an order, without the execution that it reports. */
function filledBefore(view: EventView): number {
  const { statusCode, qty, leavesQty } = view;
  const ended =
    statusCode === WireStatus.Canceled ||
    statusCode === WireStatus.Expired ||
    statusCode === WireStatus.Rejected;
  // Venues set what remains to zero when they cancel, so then it says nothing about fills.
  if (ended && leavesQty <= 0) return 0;
  const total = statusCode === WireStatus.Filled ? qty : qty - leavesQty;
  const before = total - view.execQty;
  return before > qty * REL_EPS ? before : 0;
}
