import { hasEnded } from '../has-ended.js';
import { isUnreadable } from '../is-unreadable.js';
import { livesOf } from '../lives.js';
import type { Rule, Violation } from './rule.js';

/** In calm, after the world has had its time. */
export const livesUnknown: Rule = {
  name: 'lives-unknown',
  says: 'no order lives at the venue in the end of which the client does not know',
  check({ plan, view, viewJournal, reported, botId }) {
    if (view === undefined) return [{ orderId: undefined, text: 'the client does not answer' }];
    // It says so itself, which is another rule.
    if (!view.isReady) return [];
    const known = new Map(view.orders.map((order) => [order.orderId, order]));
    const found: Violation[] = [];
    for (const [orderId, lives] of livesOf(viewJournal, botId)) {
      const order = known.get(orderId);
      if (lives.every(({ endedUs }) => endedUs !== null)) continue;
      // Nobody could read it to the end, and that was said: a bot that starts anew does not hear of it.
      if (plan.lasting.length > 0 && isUnreadable(orderId, reported)) continue;
      if (order === undefined) found.push({ orderId, text: 'the client has never heard of it' });
      else if (hasEnded(order.state)) found.push({ orderId, text: `the client shows it as ${order.state}` }); // prettier-ignore
    }
    return found;
  },
};
