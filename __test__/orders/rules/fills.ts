import { hasEnded } from '../has-ended.js';
import { livesOf } from '../lives.js';
import type { VenueOrder } from '../journal.js';
import { CLOCKS_US, type Rule, type Violation } from './rule.js';

const CLOSE = 1e-9;
/** After so long even what the private stream did not report has been read. */
const READ_MS = 40_000;

/** Fills are compared with the executions at the venue, order by order. */
export const fills: Rule = {
  name: 'fills',
  says: 'no fill is reported twice and none is missing',
  check(story) {
    const lives = livesOf(story.journal, story.botId);
    const found = new Map<bigint, Violation>();
    const add = (orderId: bigint, text: string): void => {
      if (!found.has(orderId)) found.set(orderId, { orderId, text });
    };
    const summed = new Map<string, number>();
    for (const { kind, atUs, order, fill, run } of story.reported) {
      if (kind !== 'state' || order === undefined) continue;
      const { orderId, filledQty } = order;
      const real = filledBy(lives.get(orderId), atUs + CLOCKS_US);
      if (filledQty > real + CLOSE)
        add(orderId, `reported as filled ${String(filledQty)} at ${String(atUs)}; it was ${String(real)}`); // prettier-ignore
      const key = `${String(run)} ${String(orderId)}`;
      const sum = (summed.get(key) ?? 0) + (fill?.qty ?? 0);
      summed.set(key, sum);
      if (sum > real + CLOSE)
        add(orderId, `the fills reported until ${String(atUs)} sum up to ${String(sum)}; it was ${String(real)}`); // prettier-ignore
    }
    for (const order of story.view?.orders ?? []) {
      const { orderId, state, filledQty, unconfirmed } = order;
      if (unconfirmed || (!hasEnded(state) && story.plan.settleMs < READ_MS)) continue;
      const real = filledBy(lives.get(orderId), story.view?.atUs ?? 0);
      if (filledQty < real - CLOSE)
        add(orderId, `${state} and filled ${String(filledQty)} at the end; ${String(real)} was filled`); // prettier-ignore
    }
    return [...found.values()];
  },
};

/** What was filled up to a moment. */
function filledBy(lives: readonly VenueOrder[] | undefined, atUs: number): number {
  let filled = 0;
  for (const life of lives ?? [])
    for (const step of life.steps) if (step.atUs <= atUs) filled = Number(step.filledQty);
  return filled;
}
