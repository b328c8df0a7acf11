import { livesOf } from '../lives.js';
import type { VenueOrder } from '../journal.js';
import type { Rule, Violation } from './rule.js';

const CLOSE = 1e-6;

/** Of orders whose fills were all reported one by one: what they cost is compared. */
export const fillPrices: Rule = {
  name: 'fill-prices',
  says: 'no fill is reported at a price other than that at the venue',
  check(story) {
    // A bot that starts anew does not hear what the fills before it cost.
    if (story.runs.length > 1) return [];
    const lives = livesOf(story.journal, story.botId);
    const reported = new Map<bigint, { qty: number; value: number; inferred: boolean }>();
    for (const { order, fill } of story.reported) {
      if (order === undefined || fill === undefined) continue;
      const sum = reported.get(order.orderId) ?? { qty: 0, value: 0, inferred: false };
      sum.qty += fill.qty;
      sum.value += fill.qty * fill.price;
      sum.inferred ||= fill.inferred;
      reported.set(order.orderId, sum);
    }
    const found: Violation[] = [];
    for (const [orderId, { qty, value, inferred }] of reported) {
      const real = realFills(lives.get(orderId) ?? []);
      if (inferred || Math.abs(real.qty - qty) > CLOSE) continue;
      if (Math.abs(real.value - value) <= CLOSE * real.value) continue;
      const [wrong, right] = [value / qty, real.value / real.qty];
      found.push({
        orderId,
        text: `reported as filled at ${String(wrong)}; it was ${String(right)}`,
      });
    }
    return found;
  },
};

function realFills(lives: readonly VenueOrder[]): { qty: number; value: number } {
  const sum = { qty: 0, value: 0 };
  for (const { fill } of lives.flatMap(({ steps }) => steps)) {
    if (fill === null) continue;
    sum.qty += Number(fill.qty);
    sum.value += Number(fill.qty) * Number(fill.price);
  }
  return sum;
}
