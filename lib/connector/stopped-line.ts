import type { OrderLeft } from '../models/order-left.js';

/**
 * The orders of a connector's last line, `{"type":"stopped","ordersLeft":[…]}`: those that stay open at
 * the venue. `undefined` for any other line.
 */
export function parseStoppedLine(line: string): readonly OrderLeft[] | undefined {
  if (!line.startsWith('{"')) return undefined;
  try {
    const value = JSON.parse(line) as { type?: unknown; ordersLeft?: unknown };
    if (value.type !== 'stopped' || !Array.isArray(value.ordersLeft)) return undefined;
    return value.ordersLeft.map(orderLeftFromJson);
  } catch {
    return undefined;
  }
}

/** An order as a connector lists those that it leaves. */
export function orderLeftFromJson(value: unknown): OrderLeft {
  const { symbol, orderId, side, price, leavesQty, known } = (value ?? {}) as Record<
    string,
    unknown
  >;
  return Object.freeze({
    symbol: String(symbol),
    orderId: String(orderId),
    side: side === 'sell' ? 'sell' : 'buy',
    price: typeof price === 'number' ? price : NaN,
    leavesQty: typeof leavesQty === 'number' ? leavesQty : NaN,
    known: known === true,
  });
}
