// Rests `count` orders on every instrument and does with them at the end as README's strategy does.
export const createStrategy = ({ count = 7 } = {}) => {
  const sent = new Map();
  return {
    timerMs: 120,
    onTimer(ctx) {
      for (const [asset, { tickSize }] of ctx.instruments.entries()) {
        const { bestBid, synced } = ctx.depth(asset);
        const known = sent.get(asset) ?? 0;
        if (!synced || known >= count) continue;
        const price = Math.round((bestBid * 0.9) / tickSize - known) * tickSize;
        ctx.submit({ instrument: asset, side: 'buy', price, qty: asset === 0 ? 0.001 : 10 });
        sent.set(asset, known + 1);
      }
    },
    onStop(ctx) {
      ctx.cancelAll();
    },
  };
};
