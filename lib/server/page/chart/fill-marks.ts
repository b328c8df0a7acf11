import type { FillView } from '../../live-view.js';

/** Fills of one candle and side, drawn as one mark at their average price. */
export interface FillMark {
  /** Begin of the candle, Unix s. */
  readonly time: number;
  readonly price: number;
  readonly isBuy: boolean;
}

interface Sum {
  qty: number;
  value: number;
}

const SPAN = 600;

/** Own fills of one instrument by second and side, of the last ten minutes. */
export class FillMarks {
  readonly #sums = { buy: new Map<number, Sum>(), sell: new Map<number, Sum>() };
  #market = -1;
  #newestId = 0;

  /** Takes the fills that it has not had yet, newest first as they come; of another instrument it starts anew. */
  take(fills: readonly FillView[], market: number): void {
    // A program that was started again counts from 1.
    if (market !== this.#market || (fills[0]?.id ?? 0) < this.#newestId) {
      this.#market = market;
      this.#newestId = 0;
      for (const sums of Object.values(this.#sums)) sums.clear();
    }
    for (const fill of fills) {
      if (fill.id <= this.#newestId) break;
      if (fill.market === market) this.#add(fill);
    }
    this.#newestId = fills[0]?.id ?? this.#newestId;
  }

  /** Marks for candles of a width in seconds. */
  of(width: number): FillMark[] {
    return (['buy', 'sell'] as const).flatMap((side) => {
      const marks = new Map<number, Sum>();
      for (const [second, sum] of this.#sums[side]) addTo(marks, second - (second % width), sum);
      return [...marks].map(([time, { value, qty }]) => ({
        time,
        price: value / qty,
        isBuy: side === 'buy',
      }));
    });
  }

  #add({ side, tsMs, price, qty }: FillView): void {
    const second = Math.floor(tsMs / 1000);
    const sums = this.#sums[side];
    addTo(sums, second, { qty, value: qty * price });
    for (const at of sums.keys()) if (at <= second - SPAN) sums.delete(at);
  }
}

function addTo(sums: Map<number, Sum>, time: number, { qty, value }: Sum): void {
  const sum = sums.get(time);
  if (sum === undefined) sums.set(time, { qty, value });
  else {
    sum.qty += qty;
    sum.value += value;
  }
}
