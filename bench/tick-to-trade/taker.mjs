// Ours: a strategy on the book of shared memory; its order goes back the same way.
import { QTY, wants } from './decision.mjs';

export default function createStrategy({ cheapQty }) {
  let lastPx = 0;
  let isReady = false;
  return {
    onLevel(ctx, level) {
      const { price, qty } = level;
      // As it came, although the book may be newer already: the other bot sees every frame, too.
      if (level.side !== 'sell' || !wants(price, qty, cheapQty, lastPx)) return;
      lastPx = price;
      ctx.submit({ side: 'buy', price, qty: QTY, timeInForce: 'IOC' });
    },
    onBatch(ctx) {
      if (isReady || !ctx.depth().synced || !(ctx.depth().bestAsk > 0)) return;
      isReady = true;
      ctx.log('ready');
    },
    onExecutionReport(ctx, order) {
      if (order.leavesQty === 0) ctx.clearInactiveOrders();
    },
    onError(ctx, error) {
      // What every order comes to: there is nothing to take at the venue.
      if (!error.message.includes('NoImmediateQtyToFill')) ctx.log(error.message);
    },
  };
}
