/** Most digits that `toFixed` takes. */
const MOST = 20;

/** Digits behind the point that a multiple of `step` needs: 7 for 1e-7, 1 for 0.5, 0 for 10. */
export function decimalsOf(step: number): number {
  const [mantissa = '', exponent = '0'] = String(step).split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  return Math.min(MOST, Math.max(0, fraction.length - Number(exponent)));
}
