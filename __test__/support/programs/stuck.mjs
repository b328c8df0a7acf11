// Opens two orders far from the market, sends a third, and then never returns, or ends its thread.
export function createStrategy({ how = 'loop' } = {}) {
  const open = new Set();
  let sent = 0;
  const price = (ctx, below) => Math.round((ctx.depth().bestBid - below) * 10) / 10;
  return {
    onBatch(ctx) {
      if (sent > 0 || !ctx.depth().synced || Number.isNaN(ctx.depth().bestBid)) return;
      const first = ctx.submit({ side: 'buy', price: price(ctx, 500), qty: 0.002 });
      const second = ctx.submit({ side: 'sell', price: price(ctx, -500), qty: 0.003 });
      sent = 2;
      ctx.log('sent', { ids: [first, second].map(String) });
    },
    onExecutionReport(ctx, order) {
      if (order.orderStatus !== 'new') return;
      open.add(order.orderId);
      if (open.size < 2) return;
      const third = ctx.submit({ side: 'buy', price: price(ctx, 400), qty: 0.001 });
      ctx.log('stuck', { ids: [String(third)] });
      if (how === 'exit') process.exit();
      for (;;);
    },
  };
}
