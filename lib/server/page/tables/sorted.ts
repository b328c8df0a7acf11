/** What a table is sorted by. */
export interface SortOrder {
  readonly column: number;
  readonly isDescending: boolean;
}

/** Items by a key, numbers by size and texts by the alphabet; equal ones stay in their order. */
export function sorted<T>(
  items: readonly T[],
  keyOf: (item: T) => number | string,
  isDescending: boolean,
): T[] {
  const sign = isDescending ? -1 : 1;
  return [...items].sort((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    if (typeof x === 'string' || typeof y === 'string')
      return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
    // What is not known stands last, whatever the order.
    if (Number.isNaN(x) || Number.isNaN(y))
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  });
}
