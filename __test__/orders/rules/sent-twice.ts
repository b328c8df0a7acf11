import { namedOrders, ownerOf } from '../journal.js';
import type { Rule } from './rule.js';

/** Not even after an answer that says that nothing was done. */
export const sentTwice: Rule = {
  name: 'sent-twice',
  says: 'no order is sent twice',
  check(story) {
    const times = new Map<bigint, number[]>();
    for (const { linkId, request } of namedOrders(story.journal, 'create')) {
      const owner = ownerOf(linkId);
      if (owner?.botId !== story.botId) continue;
      times.set(owner.orderId, [...(times.get(owner.orderId) ?? []), request.atUs]);
    }
    return [...times]
      .filter(([, atUs]) => atUs.length > 1)
      .map(([orderId, atUs]) => ({ orderId, text: `was sent at ${atUs.join(', ')}` }));
  },
};
