import type { ChartPoint } from '../live-view.js';
import { byId, setText } from './dom.js';
import { timeText } from './format.js';

const SPAN_MS = 600_000;
/** Least distance of two points that are kept: 1 s in the past, every update at the end. */
const KEEP_MS = 1_000;

/** Price line with the spread as an area below it. */
export class Chart {
  readonly #canvas = byId('chart') as HTMLCanvasElement;
  #points: ChartPoint[] = [];
  #digits = 2;

  /** Starts anew with the server's history. */
  reset(points: readonly ChartPoint[]): void {
    this.#points = [...points];
  }

  /** Adds the newest point. */
  add(point: ChartPoint, digits: number): void {
    const points = this.#points;
    const [before, last] = [points.at(-2), points.at(-1)];
    // The last point moves until it is a second away from the one before it.
    if (before !== undefined && last !== undefined && last[0] - before[0] < KEEP_MS) points.pop();
    points.push(point);
    while ((points[0]?.[0] ?? Infinity) < point[0] - SPAN_MS) points.shift();
    this.#digits = digits;
  }

  /** Draws; to be called once per animation frame at most. */
  draw(): void {
    const canvas = this.#canvas;
    const ratio = window.devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#paint(context, width, height);
  }

  #paint(context: CanvasRenderingContext2D, width: number, height: number): void {
    const points = this.#points;
    const mids = points.map(([, mid]) => mid).filter((mid) => mid !== null);
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || mids.length < 2) return;
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue(`--${name}`);
    const spreads = points.map(([, , spread]) => spread ?? 0);
    const [low, high] = padded(Math.min(...mids), Math.max(...mids), 10 ** -this.#digits);
    const labelWidth = 8 + context.measureText(high.toFixed(this.#digits)).width * 1.1;
    const plot = {
      left: 4,
      right: width - labelWidth - 6,
      top: 6,
      middle: height * 0.74,
      bottom: height - 18,
    };
    const spanMs = Math.max(30_000, last[0] - first[0]);
    const x = (ms: number): number =>
      plot.right - ((last[0] - ms) / spanMs) * (plot.right - plot.left);
    const y = (mid: number): number =>
      plot.middle - ((mid - low) / (high - low)) * (plot.middle - plot.top);

    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.lineWidth = 1;
    for (let step = 0; step <= 4; step += 1) {
      const price = low + ((high - low) * step) / 4;
      context.strokeStyle = color('line');
      line(context, plot.left, y(price), plot.right, y(price));
      context.fillStyle = color('quiet');
      context.fillText(price.toFixed(this.#digits), plot.right + 6, y(price));
    }
    const widest = Math.max(...spreads, 10 ** -this.#digits);
    context.fillStyle = color('spread');
    context.beginPath();
    context.moveTo(x(first[0]), plot.bottom);
    for (const [ms, , spread] of points) {
      context.lineTo(
        x(ms),
        plot.bottom - ((spread ?? 0) / widest) * (plot.bottom - plot.middle - 8),
      );
    }
    context.lineTo(x(last[0]), plot.bottom);
    context.fill();
    context.fillStyle = color('quiet');
    context.fillText(widest.toFixed(this.#digits), plot.right + 6, plot.middle + 10);

    context.strokeStyle = color('accent');
    context.lineWidth = 1.5;
    context.beginPath();
    let isDown = false;
    for (const [ms, mid] of points) {
      if (mid === null) isDown = false;
      else if (isDown) context.lineTo(x(ms), y(mid));
      else {
        context.moveTo(x(ms), y(mid));
        isDown = true;
      }
    }
    context.stroke();
    context.textBaseline = 'alphabetic';
    context.fillText(timeText(last[0] - spanMs), plot.left, height - 4);
    context.textAlign = 'right';
    context.fillText(timeText(last[0]), plot.right, height - 4);
    context.textAlign = 'left';
    this.#label(last);
  }

  #label([, mid, spread]: ChartPoint): void {
    const text =
      mid === null || spread === null
        ? ''
        : `${mid.toFixed(this.#digits + 1)}, spread ${spread.toFixed(this.#digits)}`;
    setText(byId('chart-now'), text);
  }
}

function padded(low: number, high: number, least: number): [number, number] {
  const room = Math.max((high - low) * 0.08, least * 2);
  return [low - room, high + room];
}

function line(
  context: CanvasRenderingContext2D,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
