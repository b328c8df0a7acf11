/** An element that is filled anew for each view, and remembers what it shows. */
export interface Row<T> {
  readonly element: HTMLElement;
  fill(item: T, index: number): void;
}

/**
 * The children of an element, one per item. They are kept and filled again, so that a view changes
 * the texts that differ and not the tree.
 */
export class Rows<T> {
  readonly #parent: HTMLElement;
  readonly #make: () => Row<T>;
  readonly #rows: Row<T>[] = [];

  constructor(parent: HTMLElement, make: () => Row<T>) {
    this.#parent = parent;
    this.#make = make;
  }

  show(items: readonly T[]): void {
    for (const [index, item] of items.entries()) {
      const row = this.#rows[index] ?? this.#add();
      row.fill(item, index);
    }
    for (const row of this.#rows.splice(items.length)) row.element.remove();
  }

  #add(): Row<T> {
    const row = this.#make();
    this.#rows.push(row);
    this.#parent.append(row.element);
    return row;
  }
}

/** A text that is written only where it changed. */
export class Label {
  readonly node = document.createTextNode('');
  #text = '';

  set(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.node.data = text;
  }
}
