// Any number of sides that take turns, and the rows that compare one of them with another.
import { loadNow, loadSince } from './load.mjs';
import { median, spread } from './statistics.mjs';

/** Share of the time that the hypervisor may take before a round is void. */
const STEAL_MAX = 0.02;

/**
 * Share of the machine's processor time that other programs may use before a round of a benchmark that asks for it
 * is void: a tenth of one core of two.
 */
export const OTHERS_MAX = 0.05;

/**
 * How late a publisher may be at its 99th percentile before a round with Node in it is void. With three or
 * more busy threads on two cores a publisher that never sleeps loses its core for whole slices of the
 * scheduler. Latencies count from the send, so that only the load gets lumpy.
 */
export const LATE_MAX_NS = 10_000_000;

/** Events left out of every side: until then V8 interprets and compiles the handlers. */
export const WARM_UP = 1_000;

/**
 * Runs rounds of all sides, A B C and then C B A, until `pairs` are good, at most twice as many.
 * A side returns `{ lateP99Ns, … }`, `lateP99Ns` only where it has a publisher; `show` makes the
 * line about it. When no round is good, `good` is empty and every row of it is not held. `anyLoad`: no round is
 * void, to try a benchmark on a busy machine.
 */
export async function contest({
  pairs,
  sides,
  show,
  lateMaxNs: limitNs = Infinity,
  othersMax = Infinity,
  anyLoad = false,
}) {
  const names = Object.keys(sides);
  const good = [];
  let voided = 0;
  for (let i = 0; good.length < pairs && i < pairs * 2; i++) {
    const before = loadNow();
    const round = {};
    for (const name of i % 2 === 0 ? names : names.toReversed()) round[name] = await sides[name]();
    const { stolen, others } = loadSince(before);
    const lateNs = Math.max(...names.map((name) => round[name].lateP99Ns ?? 0));
    const isDisturbed = stolen > STEAL_MAX || lateNs > limitNs || others > othersMax;
    const why =
      `steal ${percent(stolen)}, other programs ${percent(others)}, ` +
      `publisher late ${(lateNs / 1000).toFixed(1)} µs`;
    const verdict = isDisturbed
      ? ` (${anyLoad ? 'disturbed, counted all the same' : 'void'}: ${why})`
      : '';
    const shown = names.map((name) => `${name} ${show(round[name])}`).join(', ');
    console.error(`  round ${i + 1}: ${shown}${verdict}`);
    if (isDisturbed && !anyLoad) voided++;
    else good.push(round);
  }
  return { good, voided };
}

/**
 * A row: `ours` against `peer` by `field`. The ratio is the median of the rounds' own ratios;
 * `within` says whether it keeps the goal. `sound` is given a round of both and says whether it is as
 * it must be (nothing lost, both did the same work). `reason` makes the text that explains a row that
 * is not held, from the median of a side's field.
 */
export function compareRow({
  outcome,
  what,
  ours = 'ours',
  peer,
  field,
  show,
  goal,
  within = () => true,
  sound = () => true,
  reason,
}) {
  const { good, voided } = outcome;
  if (good.length === 0) {
    const none = 'void';
    return { what, ours: none, peer: none, ratio: none, goal, held: false, rounds: [], voided };
  }
  const ratios = good.map((round) => round[ours][field] / round[peer][field]);
  const ratio = median(ratios);
  const [low, high] = spread(ratios);
  const of = (side, name) => median(good.map((round) => Number(round[side][name] ?? NaN)));
  const middle = (side) => show((name) => of(side, name));
  return {
    what,
    ours: middle(ours),
    peer: `${peer}: ${middle(peer)}`,
    ratio: `${ratioText(ratio)} (${ratioText(low)} to ${ratioText(high)})`,
    goal,
    held: within(ratio) && good.every((round) => sound(round[ours], round[peer])),
    ...(reason && { reason: reason(of) }),
    rounds: good,
    voided,
  };
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

function ratioText(ratio) {
  return ratio < 1 ? `1/${(1 / ratio).toFixed(1)}` : `${ratio.toFixed(2)}x`;
}
