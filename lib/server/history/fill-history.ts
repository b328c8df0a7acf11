import type { FillView } from '../live-view.js';

/** Fills that are kept. */
export const FILLS_KEPT = 200;

/** The last executions of own orders over all instruments, newest first. */
export class FillHistory {
  readonly #fills: FillView[] = [];
  #nextId = 1;

  /** Adds the newest; the oldest goes. */
  add(fill: Omit<FillView, 'id'>): void {
    this.#fills.unshift({ id: this.#nextId, ...fill });
    this.#nextId += 1;
    if (this.#fills.length > FILLS_KEPT) this.#fills.pop();
  }

  /** The fills, as they change. */
  get fills(): readonly FillView[] {
    return this.#fills;
  }
}
