const QTY = 'The quantity is qty.';
const ID = 'The id of an order is orderId.';
const TRIGGER = 'Orders that wait for a price are not supported: watch the price and submit then.';

/** What to say to the names of orders that other libraries and venues know. */
export const ORDER_HINTS: Readonly<Record<string, string>> = {
  reduceOnly: reduceOnly('reduceOnly'),
  reduce_only: reduceOnly('reduce_only'),
  closeOnTrigger: reduceOnly('closeOnTrigger'),
  closePosition: reduceOnly('closePosition'),
  postOnly: "A post-only order is timeInForce: 'GTX'.",
  post_only: "A post-only order is timeInForce: 'GTX'.",
  type: "The kind of an order is orderType: 'limit' or 'market'.",
  tif: 'How long an order stands is timeInForce.',
  quantity: QTY,
  size: QTY,
  amount: QTY,
  volume: QTY,
  id: ID,
  clientOrderId: ID,
  client_order_id: ID,
  newClientOrderId: ID,
  orderLinkId: ID,
  stopPrice: TRIGGER,
  triggerPrice: TRIGGER,
  takeProfit: TRIGGER,
  stopLoss: TRIGGER,
  trailingStop: TRIGGER,
};

function reduceOnly(name: string): string {
  return `No connector can do ${name}: nothing was sent. Look at the position, and size the order by it.`;
}
