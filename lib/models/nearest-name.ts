/** How a name is compared: `order_type`, `OrderType` and `orderType` are one. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Insertions, deletions, changes and swaps of neighbours that lead from one text to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + +!same);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

/** Longer names are not compared: they are no typing errors. */
const LONGEST = 64;

/**
 * The known name that a wrong one was most likely meant to be; `undefined` when none is near. Case and
 * punctuation do not count, and a name that was not written to its end is near: `timeout` is
 * `timeoutMs`.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  const wanted = plain(given);
  if (wanted === '' || given.length > LONGEST) return undefined;
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of known) {
    const candidate = plain(name);
    if (candidate.length > LONGEST) continue;
    const [short, long] =
      wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
    const isPart = short.length >= 3 && (long.startsWith(short) || long.endsWith(short));
    const apart = distance(wanted, candidate);
    const score = isPart ? Math.min(apart, 1) : apart;
    if (score > Math.max(1, Math.floor(short.length / 3))) continue;
    if (score >= least) continue;
    least = score;
    nearest = name;
  }
  return nearest;
}
