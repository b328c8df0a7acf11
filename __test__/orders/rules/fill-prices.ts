import { livesOf } from '../lives.js';
import type { VenueOrder } from '../journal.js';
import { CLOCKS_US, type Rule, type Violation } from './rule.js';

const CLOSE = 1e-6;

interface Sum {
  readonly orderId: bigint;
  qty: number;
  value: number;
  inferred: boolean;
  untilUs: number;
}

/**
 * What the fills of an order cost in one life of the bot is compared with the executions of this order
 * at the venue: all of them, or, where this life heard of a part, what a part of this size can cost.
 */
export const fillPrices: Rule = {
  name: 'fill-prices',
  says: 'no fill is reported at a price other than that at the venue',
  check(story) {
    const lives = livesOf(story.journal, story.botId);
    const reported = new Map<string, Sum>();
    for (const { run, atUs, order, fill } of story.reported) {
      if (order === undefined || fill === undefined) continue;
      const key = `${String(run)} ${String(order.orderId)}`;
      const first = { orderId: order.orderId, qty: 0, value: 0, inferred: false, untilUs: 0 };
      const sum = reported.get(key) ?? first;
      sum.qty += fill.qty;
      sum.value += fill.qty * fill.price;
      // Several executions seen as one are said at the price of the last.
      sum.inferred ||= fill.inferred;
      sum.untilUs = atUs;
      reported.set(key, sum);
    }
    const found: Violation[] = [];
    for (const { orderId, qty, value, inferred, untilUs } of reported.values()) {
      const real = realFills(lives.get(orderId) ?? [], untilUs + CLOCKS_US);
      const total = real.reduce((sum, fill) => sum + fill.qty, 0);
      // More than there were: that is the rule of fills.
      if (inferred || qty > total + CLOSE) continue;
      const [least, most] = [costOf(real, qty, 1), costOf(real, qty, -1)];
      if (value >= least * (1 - CLOSE) && value <= most * (1 + CLOSE)) continue;
      const text = `${String(qty)} reported as filled at ${String(value / qty)}; it was ${String(least / qty)} to ${String(most / qty)}`;
      found.push({ orderId, text });
    }
    return found;
  },
};

interface RealFill {
  readonly qty: number;
  readonly price: number;
}

function realFills(lives: readonly VenueOrder[], untilUs: number): RealFill[] {
  return lives
    .flatMap(({ steps }) => steps)
    .filter(({ atUs }) => atUs <= untilUs)
    .flatMap(({ fill }) =>
      fill === null ? [] : [{ qty: Number(fill.qty), price: Number(fill.price) }],
    );
}

/** What so much costs of these fills, the cheapest first (`sign` 1) or the dearest (-1). */
function costOf(fills: readonly RealFill[], qty: number, sign: 1 | -1): number {
  let [left, cost] = [qty, 0];
  for (const fill of [...fills].sort((a, b) => sign * (a.price - b.price))) {
    const part = Math.min(left, fill.qty);
    cost += part * fill.price;
    left -= part;
  }
  return cost;
}
