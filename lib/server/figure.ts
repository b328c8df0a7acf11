import type { FigureView, Level } from './live-view.js';

/** A figure of a view; `levelAbove0` holds as soon as there is one. */
export function figure(
  name: string,
  value: number,
  unit = '',
  levelAbove0: Level = 'ok',
): FigureView {
  return { name, value, unit, level: value > 0 ? levelAbove0 : 'ok' };
}
