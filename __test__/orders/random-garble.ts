import type { Random } from '../../lib/stub/random.js';

/**
 * Values that are none, or are missing. A number that is false does not differ from a true one: an
 * off-grid one may be of an instrument that has changed.
 */
const ODD = ['many', '', undefined] as const;
const FIELDS = {
  order: ['price', 'qty', 'cumExecQty', 'leavesQty', 'orderStatus', 'updatedTime'],
  execution: ['execPrice', 'execQty', 'execTime'],
} as const;

/** A field of private items that cannot be read, on the stream and in lists, or on one of them. */
export function randomGarble(
  random: Random,
  symbols: readonly string[],
  count = 0,
): Record<string, unknown> {
  const pick = <T>(of: readonly T[]): T => of[random.whole(0, of.length - 1)] as T;
  const topic = pick(['order', 'order', 'execution'] as const);
  return {
    cmd: 'garble',
    topic,
    field: pick<string>(FIELDS[topic]),
    value: pick(ODD),
    of: pick(symbols),
    stream: random.chance(0.8),
    rest: random.chance(0.7),
    count,
  };
}
