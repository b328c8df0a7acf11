import type { Row } from './rows.js';

/**
 * The children of an element, one per item and known by its key: what is new is put in its place, what
 * moved is moved, and the others are left alone, however long the list.
 */
export class KeyedRows<T> {
  readonly #parent: HTMLElement;
  readonly #make: () => Row<T>;
  readonly #keyOf: (item: T) => string | number;
  #rows = new Map<string | number, Row<T>>();

  constructor(parent: HTMLElement, make: () => Row<T>, keyOf: (item: T) => string | number) {
    this.#parent = parent;
    this.#make = make;
    this.#keyOf = keyOf;
  }

  show(items: readonly T[]): void {
    const rows = new Map<string | number, Row<T>>();
    for (const item of items) {
      const key = this.#keyOf(item);
      rows.set(key, this.#rows.get(key) ?? this.#make());
    }
    for (const [key, { element }] of this.#rows) if (!rows.has(key)) element.remove();
    let next = this.#parent.firstChild;
    for (const [index, item] of items.entries()) {
      const row = rows.get(this.#keyOf(item));
      if (row === undefined) continue;
      row.fill(item, index);
      if (row.element === next) next = next.nextSibling;
      else this.#parent.insertBefore(row.element, next);
    }
    this.#rows = rows;
  }
}
