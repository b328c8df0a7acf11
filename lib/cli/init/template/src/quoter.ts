// Quotes one order on each side of the book and moves it with the market. Knows neither a clock nor a venue: the
// same file runs on the simulator, in paper trading, with real orders, and in its test.
import type { DesiredQuote, Strategy } from 'hftbacktest-live';

export interface QuoterOptions {
  /** Quantity of each order, a whole number of lots. */
  readonly qty: number;
  /** No order that could bring the position beyond it, long or short. */
  readonly maxPosition: number;
}

export function createStrategy({ qty, maxPosition }: QuoterOptions): Strategy {
  return {
    timerMs: 200,

    onTimer(ctx) {
      const { synced, bestBid, bestAsk } = ctx.depth();
      const position = ctx.position();
      // Absent figures are NaN, and every comparison with NaN is false.
      if (!synced || !(bestBid < bestAsk)) return;
      ctx.clearInactiveOrders();
      const quotes: DesiredQuote[] = [];
      if (position + qty <= maxPosition) quotes.push({ side: 'buy', price: bestBid, qty });
      if (position - qty >= -maxPosition) quotes.push({ side: 'sell', price: bestAsk, qty });
      // Sends what differs from the orders that are there or on their way, post-only.
      ctx.quote(quotes);
    },

    onOrderUpdate(ctx, { order, fill, refusal }) {
      if (fill !== undefined) ctx.log(`${order.side} ${fill.qty} @ ${fill.price}`);
      if (refusal !== undefined) ctx.log(`refused: ${refusal.code} ${refusal.text}`);
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
