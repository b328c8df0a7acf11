// hftbacktest's own bot on the publisher: one round.
import { oneBot } from './feed-round.mjs';

/**
 * `idleMs`: how long the bot waits for a further event, longer than their distance; the rest as in `oneBot`.
 */
export function upstreamBot({ idleMs = 500, ...round }) {
  return oneBot({ ...round, wait: 'upstream', idleMs });
}
