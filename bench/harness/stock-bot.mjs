// hftbacktest's own bot on the publisher: one round.
import { oneBot } from './feed-round.mjs';

/**
 * `idleMs`: how long the bot waits for a further event, longer than their distance; the first `skip`
 * events are not measured.
 */
export function stockBot({ rate, seconds, idleMs = 500, skip = 0 }) {
  return oneBot({ wait: 'stock', rate, seconds, idleMs, skip });
}
