import { livesOf } from '../lives.js';
import type { VenueOrder } from '../journal.js';
import type { Story } from '../story.js';
import { CLOCKS_US, type Rule, type Violation } from './rule.js';

const CLOSE = 1e-9;

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
      // What came after the last look is in no list.
      const sum = (summed.get(key) ?? 0) + (fill?.qty ?? 0);
      if (atUs <= (story.view?.atUs ?? 0)) summed.set(key, sum);
      if (sum > real + CLOSE)
        add(orderId, `the fills reported until ${String(atUs)} sum up to ${String(sum)}; it was ${String(real)}`); // prettier-ignore
    }
    for (const { orderId, text } of missing(story, lives, summed)) add(orderId, text);
    return [...found.values()];
  },
};

/** Fills that the client does not show at the end, or shows and never reported. */
function* missing(
  story: Story,
  lives: ReadonlyMap<bigint, readonly VenueOrder[]>,
  summed: ReadonlyMap<string, number>,
): Generator<{ orderId: bigint; text: string }> {
  const last = story.runs.at(-1)?.run ?? 0;
  const sentHere = new Set(
    story.calls
      .filter(({ run, what }) => run === last && what === 'submit')
      .flatMap(({ orderIds }) => orderIds),
  );
  for (const { orderId, state, filledQty, unconfirmed } of story.view?.orders ?? []) {
    if (unconfirmed) continue;
    const real = filledBy(lives.get(orderId), story.view?.atUs ?? 0);
    if (filledQty < real - CLOSE)
      yield { orderId, text: `${state} and filled ${String(filledQty)} at the end; ${String(real)} was filled` }; // prettier-ignore
    const sum = summed.get(`${String(last)} ${String(orderId)}`) ?? 0;
    if (sentHere.has(orderId) && sum < filledQty - CLOSE)
      yield { orderId, text: `filled ${String(filledQty)} at the end; the fills reported sum up to ${String(sum)}` }; // prettier-ignore
  }
}

/** What was filled up to a moment. */
function filledBy(lives: readonly VenueOrder[] | undefined, atUs: number): number {
  let filled = 0;
  for (const life of lives ?? [])
    for (const step of life.steps) if (step.atUs <= atUs) filled = Number(step.filledQty);
  return filled;
}
