// Sends an order before there is a connector, and logs the code of the error.
export default {
  onStart: (ctx) => ctx.submit({ side: 'buy', price: 40_000, qty: 0.01 }),
  onError: (ctx, error) => ctx.log(error.code),
};
