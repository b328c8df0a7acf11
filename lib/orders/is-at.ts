/** Price and quantity of an order, or of a change of it. */
interface Terms {
  readonly price: number;
  readonly qty: number;
}

/** True for an order that has the price and the quantity that it was to be changed to. */
export function isAt(order: Terms, wanted: Terms): boolean {
  return close(wanted.price, order.price) && close(wanted.qty, order.qty);
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
