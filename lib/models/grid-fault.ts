import type { InstrumentSpec } from './live-instrument.js';
import { isOnGrid, roundToTick } from './ticks.js';

/** What of an order lies off the grid of its instrument, with what to say. */
export interface GridFault {
  readonly rule: 'tick_size' | 'lot_size';
  /** Names the value, the step and the nearest value that can be sent. */
  readonly text: string;
}

/**
 * What of a price and a quantity lies off the grid; `undefined` when neither does. A market order
 * has no price.
 */
export function gridFault(
  { tickSize, lotSize }: Pick<InstrumentSpec, 'tickSize' | 'lotSize'>,
  price: number,
  qty: number,
  isMarket: boolean,
): GridFault | undefined {
  if (!isMarket && !isOnGrid(price, tickSize)) {
    const nearest = nearestOnGrid(price, tickSize);
    return {
      rule: 'tick_size',
      text: `price ${String(price)} is not a multiple of the tick size ${String(tickSize)}; the nearest is ${nearest}`,
    };
  }
  if (!isOnGrid(qty, lotSize)) {
    const nearest = nearestOnGrid(qty, lotSize);
    return {
      rule: 'lot_size',
      text: `qty ${String(qty)} is not a multiple of the lot size ${String(lotSize)}; the nearest is ${nearest}`,
    };
  }
  return undefined;
}

/** Never 0, which no order can have. */
function nearestOnGrid(value: number, step: number): string {
  const nearest = roundToTick(value, step);
  return String(nearest > 0 ? nearest : step);
}
