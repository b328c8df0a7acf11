// Logs each trade.
export const createStrategy = () => ({
  onTrade: (ctx, { price, qty, side }) => ctx.log('trade', { price, qty, side }),
});
