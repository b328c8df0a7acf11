// Quotes one order on each side of the book and moves it with the market. Knows neither a clock nor a venue: the
// same file runs on the simulator, in paper trading, with real orders, and in its test.
import type { Side, Strategy, StrategyContext } from 'hftbacktest-live';

export interface QuoterOptions {
  /** Quantity of each order, a whole number of lots. */
  readonly qty: number;
  /** No order that could bring the position beyond it, long or short. */
  readonly maxPosition: number;
}

/** Has one order at `tick`, or none when there is no such price. */
function quote(ctx: StrategyContext, side: Side, tick: number | undefined, qty: number): void {
  let isThere = false;
  for (const order of ctx.orders().values()) {
    if (order.side !== side) continue;
    isThere = true;
    // One whose request is under way is looked at again when it is answered.
    if (order.priceTick !== tick && order.cancellable) ctx.cancel(order.orderId);
  }
  if (isThere || tick === undefined) return;
  // GTX: post-only. An order that would trade at once expires instead.
  ctx.submit({ side, price: tick * ctx.depth().tickSize, qty, timeInForce: 'GTX' });
}

export function createStrategy({ qty, maxPosition }: QuoterOptions): Strategy {
  return {
    timerMs: 200,

    onTimer(ctx) {
      const { synced, bestBidTick, bestAskTick } = ctx.depth();
      const position = ctx.position();
      // Absent figures are NaN, and every comparison with NaN is false.
      if (!synced || !(bestBidTick < bestAskTick)) return;
      ctx.clearInactiveOrders();
      const mayBuy = position + qty <= maxPosition;
      const maySell = position - qty >= -maxPosition;
      quote(ctx, 'buy', mayBuy ? bestBidTick : undefined, qty);
      quote(ctx, 'sell', maySell ? bestAskTick : undefined, qty);
    },

    onExecutionReport(ctx, { orderStatus, side, execQty, execPrice }) {
      if (orderStatus !== 'filled' && orderStatus !== 'partially_filled') return;
      ctx.log(`${side} ${String(execQty)} @ ${String(execPrice)}`);
    },

    // Prices that may be old are no prices to stand at.
    onBookState(ctx, { bookState }) {
      if (bookState !== 'live') ctx.cancelAll();
    },

    onError(ctx, error) {
      ctx.log(error.message);
    },

    onStop(ctx) {
      ctx.cancelAll();
    },
  };
}
