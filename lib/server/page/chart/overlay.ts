import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  UTCTimestamp,
} from 'lightweight-charts';
import type { FillMark } from './fill-marks.js';

/** Colours of the overlay. */
export interface OverlayColors {
  readonly buy: string;
  readonly sell: string;
  readonly edge: string;
  readonly gap: string;
  readonly text: string;
}

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];
type Context = CanvasRenderingContext2D;

/** What is drawn on the candles: own fills, and shades where there was no market data. */
export class Overlay implements ISeriesPrimitive {
  colors: OverlayColors | undefined;
  fills: readonly FillMark[] = [];
  /** Begins of candles without data, ascending, Unix s. */
  gaps: readonly number[] = [];
  #attached: SeriesAttachedParameter | undefined;
  readonly #views: readonly IPrimitivePaneView[] = [
    {
      zOrder: () => 'bottom',
      renderer: () =>
        this.#renderer((context, height) => {
          this.#drawGaps(context, height);
        }),
    },
    {
      zOrder: () => 'top',
      renderer: () =>
        this.#renderer((context) => {
          this.#drawFills(context);
        }),
    },
  ];

  attached(attached: SeriesAttachedParameter): void {
    this.#attached = attached;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  /** Asks for a new picture. */
  update(): void {
    this.#attached?.requestUpdate();
  }

  #renderer(draw: (context: Context, height: number) => void): IPrimitivePaneRenderer {
    return {
      draw: (target: Target) => {
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
          draw(context, mediaSize.height);
        });
      },
    };
  }

  #x(time: number): number | null {
    return this.#attached?.chart.timeScale().timeToCoordinate(time as UTCTimestamp) ?? null;
  }

  #drawGaps(context: Context, height: number): void {
    if (this.colors === undefined || this.#attached === undefined) return;
    const half = this.#attached.chart.timeScale().options().barSpacing / 2;
    let from = NaN;
    let to = NaN;
    const shade = (): void => {
      if (Number.isNaN(from) || this.colors === undefined) return;
      context.fillStyle = this.colors.gap;
      context.fillRect(from, 0, to - from, height);
      if (to - from < 50) return;
      context.fillStyle = this.colors.text;
      context.font = '11px system-ui, sans-serif';
      context.fillText('no data', from + 5, 14);
    };
    for (const time of this.gaps) {
      const x = this.#x(time);
      if (x === null) continue;
      if (!(Math.abs(x - half - to) < 1)) {
        shade();
        from = x - half;
      }
      to = x + half;
    }
    shade();
  }

  #drawFills(context: Context): void {
    const { colors } = this;
    if (colors === undefined) return;
    context.strokeStyle = colors.edge;
    for (const { time, price, isBuy } of this.fills) {
      const x = this.#x(time);
      const y = this.#attached?.series.priceToCoordinate(price) ?? null;
      if (x === null || y === null) continue;
      const down = isBuy ? 1 : -1;
      context.fillStyle = isBuy ? colors.buy : colors.sell;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x - 4.5, y + 8 * down);
      context.lineTo(x + 4.5, y + 8 * down);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }
}
