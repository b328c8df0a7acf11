/** A strategy that says that it runs and does nothing. */
export default {
  onStart(ctx) {
    ctx.log('started');
  },
  onLevel() {},
};
