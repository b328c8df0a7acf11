import type { ChartPoint, LiveView } from './live-view.js';

/** Middle price and spread of the last minutes, one point a second, per instrument. */
export class ChartHistory {
  readonly #capacity: number;
  readonly #points = new Map<number, ChartPoint[]>();

  /** @param capacity - Points kept, default 600: ten minutes. */
  constructor(capacity = 600) {
    this.#capacity = capacity;
  }

  /** Takes the point of a view. */
  add(view: LiveView): void {
    const points = this.#points.get(view.instrument) ?? [];
    points.push(chartPoint(view));
    if (points.length > this.#capacity) points.shift();
    this.#points.set(view.instrument, points);
  }

  /** Points of an instrument, oldest first. */
  of(instrument: number): readonly ChartPoint[] {
    return this.#points.get(instrument) ?? [];
  }
}

/** Middle price and spread of a view. */
export function chartPoint({ atMs, book }: LiveView): ChartPoint {
  const bid = book.bids[0]?.[0];
  const ask = book.asks[0]?.[0];
  if (bid === undefined || ask === undefined || !book.synced) return [atMs, null, null];
  return [atMs, (bid + ask) / 2, ask - bid];
}
