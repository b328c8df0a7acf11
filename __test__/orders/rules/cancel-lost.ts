import { livesOf } from '../lives.js';
import { namedOrders, ownerOf } from '../journal.js';
import type { Call, Story } from '../story.js';
import type { Rule, Violation } from './rule.js';

/** A cancel must reach the venue, be refused, or find its order ended. */
export const cancelLost: Rule = {
  name: 'cancel-lost',
  says: 'no cancel is asked for that is neither sent nor refused',
  check(story) {
    const sent = new Set<bigint>();
    for (const { linkId } of namedOrders(story.journal, 'cancel')) {
      const owner = ownerOf(linkId);
      if (owner?.botId === story.botId) sent.add(owner.orderId);
    }
    const lives = livesOf(story.journal, story.botId);
    const found: Violation[] = [];
    for (const call of story.calls) {
      if (call.what !== 'cancel' && call.what !== 'cancelAll') continue;
      for (const orderId of call.orderIds) {
        // What the venue never had, or had no more, needs no cancel.
        const needs = (lives.get(orderId) ?? []).some(({ endedUs }) => endedUs === null);
        if (!needs || sent.has(orderId)) continue;
        const why = lost(story, call, orderId);
        if (why !== undefined)
          found.push({ orderId, text: `${call.what} of ${String(call.atUs)} ${why}` });
      }
    }
    return found;
  },
};

/** How the cancel of an order was lost; `undefined`: it was not. */
function lost(story: Story, call: Call, orderId: bigint): string | undefined {
  const { outcome } = call;
  if (outcome === undefined) {
    const run = story.runs[call.run];
    return run?.endedUs === undefined ? 'never came back' : undefined;
  }
  if (outcome.thrown !== '') return undefined;
  const result = outcome.results.find(({ order }) => order.orderId === orderId);
  if (result === undefined) return 'came back without a word about this order';
  if (result.status === 'unknown') return `came back as unknown (${result.reason}) and was never sent`; // prettier-ignore
  return undefined;
}
