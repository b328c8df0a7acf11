import { livesOf } from '../lives.js';
import type { VenueOrder } from '../journal.js';
import type { Rule, Violation } from './rule.js';

const CLOSE = 1e-6;

/** Of orders whose fills were all told one by one: what they cost is compared. */
export const fillPrices: Rule = {
  name: 'fill-prices',
  says: 'no fill is told at a price other than that at the venue',
  check(story) {
    // A bot that starts anew is not told what the fills before it cost.
    if (story.runs.length > 1) return [];
    const lives = livesOf(story.journal, story.botId);
    const told = new Map<bigint, { qty: number; value: number; inferred: boolean }>();
    for (const { order, fill } of story.told) {
      if (order === undefined || fill === undefined) continue;
      const sum = told.get(order.orderId) ?? { qty: 0, value: 0, inferred: false };
      sum.qty += fill.qty;
      sum.value += fill.qty * fill.price;
      sum.inferred ||= fill.inferred;
      told.set(order.orderId, sum);
    }
    const found: Violation[] = [];
    for (const [orderId, { qty, value, inferred }] of told) {
      const real = realFills(lives.get(orderId) ?? []);
      if (inferred || Math.abs(real.qty - qty) > CLOSE) continue;
      if (Math.abs(real.value - value) <= CLOSE * real.value) continue;
      const [wrong, right] = [value / qty, real.value / real.qty];
      found.push({ orderId, text: `told as filled at ${String(wrong)}; it was ${String(right)}` });
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
