/** Significant digits that sums of doubles keep: 15, less one for what adds up. */
const DIGITS = 14;

/**
 * A sum or difference of decimals as a decimal, where no grid is known: 60000.1 − 60000 is 0.1, not
 * 0.09999999999854481. NaN and infinities stay.
 *
 * @param magnitude - Size of the largest number that went into it: digits beyond its 14th are noise.
 */
export function withoutNoise(value: number, magnitude: number = value): number {
  const size = Math.abs(magnitude);
  if (!Number.isFinite(value) || !(size > 0)) return value;
  const places = DIGITS - 1 - Math.floor(Math.log10(size));
  return places < 0 || places > 100 ? value : Number(value.toFixed(places));
}
