// Counts what it sees; throws in the way that its options say.
export function createStrategy({ throws = 'nothing' } = {}) {
  let trades = 0;
  const seen = { errors: [], trades: 0 };
  const fail = {
    nothing: () => undefined,
    error: () => {
      throw new TypeError('thrown on purpose');
    },
    null: () => {
      throw null;
    },
    rejection: () => Promise.reject(new Error('rejected on purpose')),
  }[throws];
  return {
    onLevel() {
      trades += 1;
      seen.trades += 1;
      return trades % 50 === 0 ? fail() : undefined;
    },
    onError: (_ctx, error) => seen.errors.push(error.message),
    onStop: (ctx) => ctx.log('stopped', { updates: seen.trades, errors: seen.errors.length }),
  };
}
