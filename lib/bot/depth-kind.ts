import { invalid } from '../models/invalid.js';

/**
 * Which book a native bot keeps.
 *
 * - `hashmap`: every level, at any price. It gives what hftbacktest's `HashMapMarketDepth` gives, bit for bit, and
 *   finds the next best price at once wherever it is.
 * - `roivector`: hftbacktest's `ROIVectorMarketDepth`, the levels in the instrument's range of interest only.
 * - `hashmap-upstream`: hftbacktest's own `HashMapMarketDepth`, for comparison. It looks for the next best price
 *   tick by tick: a gap of 10^9 ticks stops the bot for half a minute.
 */
export type DepthKind = 'hashmap' | 'hashmap-upstream' | 'roivector';

const KINDS: readonly unknown[] = [
  'hashmap',
  'hashmap-upstream',
  'roivector',
] satisfies readonly DepthKind[];

/** @throws HftError `ERR_INVALID_ARGUMENT` for what is no {@link DepthKind}. */
export function checkDepth(depth: DepthKind): void {
  if (!KINDS.includes(depth))
    invalid('depth', depth, 'must be hashmap, hashmap-upstream or roivector');
}
