/** Slope of samples taken each second, in their unit per minute, by least squares over the second half. */
export function slopeOf(samples) {
  const half = samples.slice(samples.length >> 1);
  const n = half.length;
  const meanX = (n - 1) / 2;
  const meanY = half.reduce((sum, y) => sum + y, 0) / n;
  const top = half.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0);
  const bottom = half.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  return (top / bottom) * 60;
}
