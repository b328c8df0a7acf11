import type { Room } from './event-queue.js';

/** How the events of a full queue make room. */
export interface Conflation<T, U extends T> {
  /** True for updates of books, which merge. */
  readonly isUpdate: (item: T) => item is U;
  /** Names the book that an update changes. */
  readonly bookOf: (update: U) => string | number;
  /** Makes one update of those of one book, oldest first; called for a single one too. */
  readonly merge: (updates: readonly U[]) => U;
  /** Kinds of other events of which the older half goes. Default: none. */
  readonly halved?: readonly ((item: T) => boolean)[];
}

/**
 * Frees room in a full queue: updates merge per book, so that the reader's book stays right, and the
 * older half of some other kinds goes. A merged update takes the place of the first of its book: no
 * event is reported before the book it refers to is at least as new.
 */
export function conflate<T, U extends T>(items: readonly T[], how: Conflation<T, U>): Room<T> {
  const { isUpdate, bookOf, merge, halved = [] } = how;
  const toDrop = halved.map((isOne) => Math.ceil(items.filter(isOne).length / 2));
  const dropped = toDrop.reduce((sum, count) => sum + count, 0);
  const books = new Map<string | number, { readonly at: number; readonly updates: U[] }>();
  const left: T[] = [];
  let conflated = 0;
  for (const item of items) {
    if (isUpdate(item)) {
      const key = bookOf(item);
      const book = books.get(key);
      if (book === undefined) {
        books.set(key, { at: left.length, updates: [item] });
        left.push(item);
      } else {
        book.updates.push(item);
        conflated += 1;
      }
      continue;
    }
    const kind = halved.findIndex((isOne) => isOne(item));
    const more = toDrop[kind] ?? 0;
    if (more > 0) toDrop[kind] = more - 1;
    else left.push(item);
  }
  for (const { at, updates } of books.values()) left[at] = merge(updates);
  return { items: left, dropped, conflated };
}
