// Interleaved rounds, voided when the machine was not ours, and the median of their ratios.
import { stealTicks } from './environment.mjs';

/** Share of the time that the hypervisor may take before a round is void. */
export const STEAL_MAX = 0.02;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [at(0.25), at(0.75)];
}

/**
 * Runs pairs of rounds in the order A B B A until `pairs` are good, at most twice as many.
 * `ours` and `theirs` return `{ lateP99Ns, … }` of a round.
 */
export async function interleave({ pairs, ours, theirs, lateMaxNs }) {
  const good = [];
  let voided = 0;
  for (let i = 0; good.length < pairs && i < pairs * 2; i++) {
    const before = stealTicks();
    const order = i % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const results = [await order[0](), await order[1]()];
    const after = stealTicks();
    const [a, b] = i % 2 === 0 ? results : results.reverse();
    const stolen = (after.steal - before.steal) / Math.max(1, after.total - before.total);
    const late = Math.max(a.lateP99Ns, b.lateP99Ns);
    const isVoid = stolen > STEAL_MAX || late > lateMaxNs;
    console.error(
      `  round ${i + 1}: ours p50 ${us(a.p50Ns)} p99 ${us(a.p99Ns)}, peer p50 ${us(b.p50Ns)} p99 ${us(b.p99Ns)}` +
        (isVoid ? ` (void: steal ${(stolen * 100).toFixed(1)} %, publisher late ${us(late)})` : ''),
    );
    if (isVoid) voided++;
    else good.push({ ours: a, theirs: b });
  }
  if (good.length === 0)
    throw new Error('every round was voided: the machine is too busy to measure');
  return { good, voided };
}

export function us(ns) {
  return `${(ns / 1000).toFixed(1)} µs`;
}
