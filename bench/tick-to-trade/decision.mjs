// The decision of both bots: a small best ask is taken, once.
export const QTY = 5;

/** Whether to buy this ask; `lastPx` is that of the last order. */
export function wants(askPx, askQty, cheapQty, lastPx) {
  return askQty === cheapQty && askPx !== lastPx;
}
