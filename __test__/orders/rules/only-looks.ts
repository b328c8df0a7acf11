import { ownerOf } from '../journal.js';
import type { Rule, Violation } from './rule.js';

/** Whoever is read-only gets no order of anybody, those of a dead bot least of all, and sends none. */
export const onlyLooks: Rule = {
  name: 'only-looks',
  says: 'a read-only program owns no order and sends none',
  check({ reported, journal, botId }) {
    const found: Violation[] = [];
    for (const { kind, text, order } of reported)
      // Its own attempt is denied, and so is no order.
      if (kind === 'looker' && order !== undefined && order.state !== 'denied')
        found.push({ orderId: order.orderId, text: `a read-only client ${text} (${order.state})` });
    for (const { orderLinkId } of journal.orders) {
      const owner = ownerOf(orderLinkId);
      if (owner !== undefined && owner.botId !== botId)
        found.push({ orderId: owner.orderId, text: `was sent by another bot, ${String(owner.botId)}` }); // prettier-ignore
    }
    return found;
  },
};
