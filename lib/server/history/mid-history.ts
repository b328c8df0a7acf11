/** Middle price at one time; `null` while the book was not live. */
export type MidPoint = readonly [tsMs: number, mid: number | null];

/** Middle prices of the last minutes, one a second, per instrument. */
export class MidHistory {
  readonly #spanMs: number;
  readonly #points = new Map<number, MidPoint[]>();

  /** @param spanMs - How far back it goes, default ten minutes. */
  constructor(spanMs = 600_000) {
    this.#spanMs = spanMs;
  }

  /** Takes the middle price of an instrument at a time, Unix ms; `undefined` while the book is not live. */
  add(instrument: number, atMs: number, mid: number | undefined): void {
    const points = this.#points.get(instrument) ?? [];
    this.#points.set(instrument, points);
    points.push([atMs, mid ?? null]);
    while ((points[0]?.[0] ?? atMs) <= atMs - this.#spanMs) points.shift();
  }

  /** Points of an instrument, oldest first. */
  of(instrument: number): readonly MidPoint[] {
    return this.#points.get(instrument) ?? [];
  }
}
