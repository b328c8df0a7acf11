import type { Rule } from './rule.js';

/** Orders, their terms and fills, and positions by the sum of the executions at the venue. */
export const agreement: Rule = {
  name: 'agreement',
  says: 'client and venue agree in all once the faults are over',
  check: ({ view, differs }) =>
    // Whether it may say that it is not ready is another rule.
    view?.isReady === true ? differs.map((text) => ({ orderId: undefined, text })) : [],
};
