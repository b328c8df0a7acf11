let cachedTickSize = NaN;
let cachedUnits = 1;
let cachedScale = 1;

/** Splits a tick size into `units / scale`, both whole, as its shortest decimal text says. */
function prepare(tickSize: number): void {
  const text = String(tickSize);
  const [mantissa = '', exponent = '0'] = text.split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  const decimals = Math.max(0, fraction.length - Number(exponent));
  cachedTickSize = tickSize;
  // 10^22 is the last power of ten that a double holds exactly.
  if (decimals > 22) {
    cachedUnits = tickSize;
    cachedScale = 1;
    return;
  }
  cachedScale = 10 ** decimals;
  cachedUnits = Math.round(tickSize * cachedScale);
}

/**
 * Nearest tick of a price, halves away from zero: the rounding of hftbacktest.
 *
 * @returns NaN when the price is NaN.
 */
export function priceToTick(price: number, tickSize: number): number {
  const ticks = price / tickSize;
  const rounded = ticks < 0 ? -Math.round(-ticks) : Math.round(ticks);
  return rounded === 0 ? 0 : rounded;
}

/**
 * Price of a tick as the decimal number that people write: 3 ticks of 0.1 are 0.3, not
 * 0.30000000000000004. The result is the double nearest to the exact decimal product while
 * `tick` times the digits of the tick size stay below 2^53; beyond that it is the plain product.
 */
export function tickToPrice(tick: number, tickSize: number): number {
  if (tickSize !== cachedTickSize) prepare(tickSize);
  const units = tick * cachedUnits;
  // Both operands are exact integers here, so the division rounds once.
  return Number.isSafeInteger(units) ? units / cachedScale : tick * tickSize;
}

/** A price moved to the nearest tick, as a clean decimal. */
export function roundToTick(price: number, tickSize: number): number {
  return tickToPrice(priceToTick(price, tickSize), tickSize);
}
