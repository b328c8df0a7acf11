import { cells } from '../frame/cells.js';
import { make } from '../frame/dom.js';
import { KeyedRows } from '../frame/keyed-rows.js';
import { sorted, type SortOrder } from './sorted.js';

/** A column: its name, what it is sorted by, and its text. */
export interface Column<T> {
  readonly name: string;
  /** Numbers stand on the right. */
  readonly isNumber?: boolean;
  /** NaN for what is not known. */
  readonly key: (item: T) => number | string;
  readonly text: (item: T) => string;
  /** Class of the cell, for colours. */
  readonly look?: (item: T) => string;
}

export interface DataTableOptions<T> {
  readonly columns: readonly Column<T>[];
  readonly order: SortOrder;
  readonly keyOf: (item: T) => string | number;
  /** Said where there is nothing to list. */
  readonly empty: string;
}

/** Rows that are added at a time: a long list costs no more than what is seen of it. */
const STEP = 20;

/** A table that is sorted by the column whose header is pressed; pressed again, the other way round. */
export class DataTable<T> {
  readonly #options: DataTableOptions<T>;
  readonly #rows: KeyedRows<T>;
  readonly #heads: HTMLElement[];
  readonly #empty: HTMLElement;
  #order: SortOrder;
  #items: readonly T[] = [];
  #most = STEP;

  constructor(panel: HTMLElement, options: DataTableOptions<T>) {
    this.#options = options;
    this.#order = options.order;
    const body = make('tbody');
    this.#heads = options.columns.map(({ name, isNumber }, column) => {
      const button = make('button', '', name);
      button.type = 'button';
      button.onclick = () => {
        this.#sortBy(column);
      };
      const head = make('th', isNumber === true ? 'n' : `of-${name.toLowerCase()}`, button);
      head.scope = 'col';
      return head;
    });
    this.#empty = make('p', 'empty', options.empty);
    panel.append(
      make('table', 'data', make('thead', '', make('tr', '', ...this.#heads)), body),
      this.#empty,
    );
    this.#rows = new KeyedRows(
      body,
      cells((item) =>
        options.columns.map(
          ({ text, look, isNumber }) =>
            [text(item), `${isNumber === true ? 'n ' : ''}${look?.(item) ?? ''}`] as const,
        ),
      ),
      options.keyOf,
    );
    panel.addEventListener('scroll', () => {
      const below = panel.scrollHeight - panel.clientHeight - panel.scrollTop;
      if (below > 100 || this.#most >= this.#items.length) return;
      this.#most += STEP;
      this.show(this.#items);
    });
    this.#markOrder();
  }

  show(items: readonly T[]): void {
    this.#items = items;
    const { column, isDescending } = this.#order;
    const key = this.#options.columns[column]?.key;
    const all = key === undefined ? items : sorted(items, key, isDescending);
    this.#rows.show(all.slice(0, this.#most));
    this.#empty.hidden = items.length > 0;
  }

  #sortBy(column: number): void {
    const isSame = column === this.#order.column;
    this.#order = { column, isDescending: isSame && !this.#order.isDescending };
    this.#markOrder();
    this.show(this.#items);
  }

  #markOrder(): void {
    for (const [column, head] of this.#heads.entries()) {
      const { isDescending } = this.#order;
      if (column === this.#order.column)
        head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
  }
}
