/** Decimal digits that a step size needs: 0.001 has 3. */
export function digitsOf(step: number): number {
  if (!(step > 0)) return 2;
  const text = step.toFixed(12).replace(/0+$/, '');
  return text.length - text.indexOf('.') - 1;
}

/** A latency in µs for people: `850 ns`, `12.4 µs`, `3.1 ms`. */
export function latencyText(us: number | null): string {
  if (us === null || !Number.isFinite(us)) return '–';
  if (us < 1) return `${(us * 1000).toFixed(0)} ns`;
  if (us < 1000) return `${us.toFixed(us < 10 ? 2 : 1)} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(1)} ms`;
  return `${(us / 1e6).toFixed(1)} s`;
}

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count for people. */
export function countText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return counts.format(Math.round(value));
}

/** `h:mm:ss` of a duration in ms. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Local time of day of Unix ms, with or without the milliseconds. */
export function timeText(ms: number, withMs = false): string {
  const time = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return withMs ? `${text}.${String(time.getMilliseconds()).padStart(3, '0')}` : text;
}
