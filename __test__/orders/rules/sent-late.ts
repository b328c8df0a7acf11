import { namedOrders, ownerOf } from '../journal.js';
import type { Story } from '../story.js';
import { WAY_MS, type Rule, type Violation } from './rule.js';

/** How long a low-level bot or a strategy lets an order wait when nothing else was asked for. */
const BOT_MS = 5_000;

/** After its deadline an order is refused, never sent. Cancels are never too late. */
export const sentLate: Rule = {
  name: 'sent-late',
  says: 'no order reaches the venue after its deadline',
  check(story) {
    const asked = new Map<bigint, number>();
    for (const { what, orderIds, atUs, askedUs } of story.calls)
      for (const orderId of what === 'submit' ? orderIds : []) asked.set(orderId, askedUs ?? atUs);
    const found: Violation[] = [];
    for (const { linkId, request } of namedOrders(story.journal, 'create')) {
      const owner = ownerOf(linkId);
      const atUs = owner?.botId === story.botId ? asked.get(owner.orderId) : undefined;
      if (owner === undefined || atUs === undefined) continue;
      const lateMs = (request.atUs - atUs) / 1000 - deadlineMs(story);
      if (lateMs <= WAY_MS) continue;
      const text = `was sent ${String(Math.round(lateMs))} ms after its deadline`;
      found.push({ orderId: owner.orderId, text });
    }
    return found;
  },
};

function deadlineMs({ plan }: Story): number {
  return plan.kind === 'client' ? plan.answerTimeoutMs : BOT_MS;
}
