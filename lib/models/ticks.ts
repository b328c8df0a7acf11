/** A step size as `units / scale`, both whole. */
interface Parts {
  readonly units: number;
  readonly scale: number;
}

const partsOf = new Map<number, Parts>();
let lastStep = NaN;
let lastParts: Parts = { units: 1, scale: 1 };

/** A program has few steps; one that makes up new ones all the time must not fill the memory. */
const STEPS_KEPT = 256;

/** How far from the grid, as a share of a step, still counts as on it: floating-point noise. */
const GRID_TOLERANCE = 1e-6;
/** The same as a share of the number of steps, for values of so many that noise is above that. */
const RELATIVE_TOLERANCE = 1e-12;
/** Beyond this share of a step, noise and a wrong value look alike. */
const TOLERANCE_MAX = 0.1;

/** Splits a step size into `units / scale`, both whole, as its shortest decimal text says. */
function split(step: number): Parts {
  const [mantissa = '', exponent = '0'] = String(step).split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  const decimals = Math.max(0, fraction.length - Number(exponent));
  // 10^22 is the last power of ten that a double holds exactly.
  if (decimals > 22) return { units: step, scale: 1 };
  const scale = 10 ** decimals;
  return { units: Math.round(step * scale), scale };
}

function prepare(step: number): Parts {
  let parts = partsOf.get(step);
  if (parts === undefined) {
    parts = split(step);
    if (partsOf.size >= STEPS_KEPT) partsOf.clear();
    partsOf.set(step, parts);
  }
  lastStep = step;
  lastParts = parts;
  return parts;
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
  const { units: each, scale } = tickSize === lastStep ? lastParts : prepare(tickSize);
  const units = tick * each;
  // Both operands are exact integers here, so the division rounds once.
  return Number.isSafeInteger(units) ? units / scale : tick * tickSize;
}

/** Where a value between two steps goes. */
export type Rounding = 'nearest' | 'down' | 'up';

/** Whole steps of a value; one that is on the grid but for noise is not moved. */
function stepsOf(value: number, step: number, rounding: Rounding): number {
  const nearest = priceToTick(value, step);
  if (rounding === 'nearest') return nearest;
  const steps = value / step;
  const tolerance = Math.min(
    Math.max(GRID_TOLERANCE, Math.abs(nearest) * RELATIVE_TOLERANCE),
    TOLERANCE_MAX,
  );
  if (Math.abs(steps - nearest) <= tolerance) return nearest;
  return rounding === 'down' ? Math.floor(steps) : Math.ceil(steps);
}

/**
 * A price moved to the grid, as a clean decimal: `roundToTick(100.26, 0.1)` is 100.3.
 *
 * @param rounding - Default `nearest`, halves away from zero. `down` is towards minus infinity (a bid that must
 * not be better), `up` towards plus infinity; what is on the grid but for noise stays.
 * @returns NaN when the price is NaN. 0 for a price below the first tick: no order can have it.
 */
export function roundToTick(
  price: number,
  tickSize: number,
  rounding: Rounding = 'nearest',
): number {
  return tickToPrice(stepsOf(price, tickSize, rounding), tickSize);
}

/**
 * A quantity moved to the grid, as a clean decimal: `roundToLot(0.0019, 0.001)` is 0.001.
 *
 * @param rounding - Default `down`: never more than was meant. As of {@link roundToTick}.
 * @returns NaN when the quantity is NaN. 0 for one below a lot: no order can have it.
 */
export function roundToLot(qty: number, lotSize: number, rounding: Rounding = 'down'): number {
  return tickToPrice(stepsOf(qty, lotSize, rounding), lotSize);
}

/**
 * Whether a value is a whole number of steps, at least one, but for the noise that sums and products
 * of doubles have: a millionth of a step, or a 10^-12th of the value where that is more.
 */
export function isOnGrid(value: number, step: number): boolean {
  const steps = value / step;
  const whole = Math.round(steps);
  const tolerance = Math.min(Math.max(GRID_TOLERANCE, whole * RELATIVE_TOLERANCE), TOLERANCE_MAX);
  return Math.abs(steps - whole) <= tolerance && whole > 0;
}

/** Digits of a double that arithmetic with a few operands does not reach. */
const CLEAN_DIGITS = 13;

/**
 * A reported price or quantity without the noise of floating point. One between two steps stays where it
 * is: an instrument may have changed since the order was made.
 */
export function withoutNoise(value: number, step: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  return isOnGrid(value, step) ? roundToTick(value, step) : Number(value.toPrecision(CLEAN_DIGITS));
}
