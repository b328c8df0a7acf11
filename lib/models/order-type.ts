/** Kind of an order. hftbacktest's numbers: limit 0, market 1. */
export const OrderType = { Limit: 'limit', Market: 'market' } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

/** hftbacktest's number of a market order. */
export const MARKET_CODE = 1;

/** hftbacktest's number of an order type, -1 when it is none. */
export function orderTypeToCode(orderType: string): number {
  return orderType === 'limit' ? 0 : orderType === 'market' ? MARKET_CODE : -1;
}

/** Order type of hftbacktest's number; `limit` for numbers it does not know. */
export function orderTypeFromCode(code: number): OrderType {
  return code === MARKET_CODE ? 'market' : 'limit';
}
