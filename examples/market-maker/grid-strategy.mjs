// A grid of post-only orders on both sides of the mid price, leaning against the position: the
// strategy that hftbacktest's own live example runs, as a module for strategy mode.

/**
 * @param {object} options
 * @param {number} [options.relativeHalfSpread] Distance of the first order from the mid, as a part of it.
 * @param {number} [options.relativeGridInterval] Distance between orders, as a part of the mid.
 * @param {number} [options.gridNum] Orders on each side.
 * @param {number} [options.minGridStep] Smallest distance between orders, in price; a whole number of ticks.
 * @param {number} [options.skew] How far one order's worth of position moves the grid, as a part of the mid.
 * @param {number} [options.orderQty] Quantity of each order.
 * @param {number} [options.maxPosition] No more orders on the side that would grow the position beyond it.
 * @param {number} [options.intervalMs] How often the grid is looked at.
 * @returns {import('hftbacktest-live').Strategy}
 */
export function createStrategy({
  relativeHalfSpread = 0.00005,
  relativeGridInterval = 0.00002,
  gridNum = 5,
  minGridStep = 0,
  skew = relativeHalfSpread / gridNum,
  orderQty = 0.01,
  maxPosition = gridNum * orderQty,
  intervalMs = 100,
} = {}) {
  /** Price by tick of every order that the side should have. */
  function gridFrom(price, step, count, tickSize) {
    const grid = new Map();
    for (let index = 0; index < count; index += 1) {
      const at = price + step * index;
      if (at > 0) grid.set(Math.round(at / tickSize), at);
    }
    return grid;
  }

  function updateSide(ctx, side, grid) {
    const standing = new Set();
    for (const order of ctx.orders().values()) {
      if (order.side !== side) continue;
      if (order.status !== 'new' && order.status !== 'partially_filled') continue;
      if (grid.has(order.priceTick)) standing.add(order.priceTick);
      else if (order.cancellable) ctx.cancel(order.orderId);
    }
    for (const [tick, price] of grid) {
      if (standing.has(tick)) continue;
      ctx.submit({ side, price, qty: orderQty, timeInForce: 'GTX' });
    }
  }

  return {
    timerMs: intervalMs,

    onTimer(ctx) {
      const { bestBid, bestAsk, tickSize, synced } = ctx.depth();
      // NaN when a side is empty: a comparison with it is false.
      if (!synced || !(bestBid < bestAsk)) return;
      const mid = (bestBid + bestAsk) / 2;
      const position = ctx.position();
      // NaN while it is not known: what grows it is not known either.
      if (Number.isNaN(position)) {
        ctx.cancelAll();
        return;
      }
      const lean = (skew * position) / orderQty;
      const smallest = Math.max(Math.round(minGridStep / tickSize), 1) * tickSize;
      const steps = Math.round((mid * relativeGridInterval) / smallest);
      const interval = Math.max(steps, 1) * smallest;

      // The outer end of the spread, never inside the market, on a whole step of the grid.
      const bid = Math.min(mid * (1 - relativeHalfSpread - lean), bestBid);
      const ask = Math.max(mid * (1 + relativeHalfSpread - lean), bestAsk);
      const firstBid = Math.floor(bid / interval) * interval;
      const firstAsk = Math.ceil(ask / interval) * interval;

      ctx.clearInactiveOrders();
      updateSide(
        ctx,
        'buy',
        gridFrom(firstBid, -interval, position < maxPosition ? gridNum : 0, tickSize),
      );
      updateSide(
        ctx,
        'sell',
        gridFrom(firstAsk, interval, position > -maxPosition ? gridNum : 0, tickSize),
      );
    },

    onExecutionReport(ctx, order) {
      if (order.orderStatus === 'filled') {
        ctx.log(`filled ${order.side} ${order.execQty} at ${order.execPrice}`);
      }
    },

    onError(ctx, error) {
      ctx.log(`error: ${error.message}`);
    },

    onLink(ctx, link) {
      ctx.log(`connector ${link.linkState}`);
    },

    onStop(ctx) {
      ctx.cancelAll();
    },
  };
}
