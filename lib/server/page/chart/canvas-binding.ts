/**
 * What the chart library takes from `fancy-canvas`, by the means of today's browsers: a third of the bytes.
 * The build puts it in the place of that package (`.tools/build-page.mjs`).
 */

/** Width and height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
type Listener = (before: Size | null, now: Size | null) => void;

export function size({ width, height }: Size): Size {
  return { width, height };
}

export function equalSizes(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** Keeps the bitmap of a canvas as large as its place on the screen, in device pixels. */
class CanvasBinding {
  canvasElementClientSize: Size;
  suggestedBitmapSize: Size | null = null;
  readonly canvasElement: HTMLCanvasElement;
  readonly #transform: (bitmap: Size, client: Size) => Size;
  readonly #observer: ResizeObserver;
  #resized: Listener[] = [];
  #suggested: Listener[] = [];

  constructor(canvas: HTMLCanvasElement, transform: (bitmap: Size, client: Size) => Size) {
    this.canvasElement = canvas;
    this.#transform = transform;
    this.canvasElementClientSize = { width: canvas.clientWidth, height: canvas.clientHeight };
    // Safari has no size in device pixels: there it is worked out.
    this.#observer = new ResizeObserver(([entry]) => {
      const sizes: readonly ResizeObserverSize[] | undefined = entry?.devicePixelContentBoxSize;
      const box = sizes?.[0];
      if (box === undefined) this.#measure();
      else this.#suggest({ width: box.inlineSize, height: box.blockSize });
    });
    try {
      this.#observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      this.#observer.observe(canvas);
    }
  }

  get bitmapSize(): Size {
    return { width: this.canvasElement.width, height: this.canvasElement.height };
  }

  resizeCanvasElement(client: Size): void {
    this.canvasElementClientSize = client;
    this.canvasElement.style.width = `${String(client.width)}px`;
    this.canvasElement.style.height = `${String(client.height)}px`;
    this.#measure();
  }

  subscribeBitmapSizeChanged(listener: Listener): void {
    this.#resized.push(listener);
  }

  unsubscribeBitmapSizeChanged(listener: Listener): void {
    this.#resized = this.#resized.filter((each) => each !== listener);
  }

  subscribeSuggestedBitmapSizeChanged(listener: Listener): void {
    this.#suggested.push(listener);
  }

  unsubscribeSuggestedBitmapSizeChanged(listener: Listener): void {
    this.#suggested = this.#suggested.filter((each) => each !== listener);
  }

  applySuggestedBitmapSize(): void {
    const suggested = this.suggestedBitmapSize;
    if (suggested === null) return;
    this.suggestedBitmapSize = null;
    const before = this.bitmapSize;
    if (!equalSizes(before, suggested)) {
      this.canvasElement.width = suggested.width;
      this.canvasElement.height = suggested.height;
      for (const listener of this.#resized) listener(before, suggested);
    }
    for (const listener of this.#suggested) listener(suggested, null);
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#resized = [];
    this.#suggested = [];
  }

  #measure(): void {
    const { left, top, width, height } = this.canvasElement.getBoundingClientRect();
    const ratio = window.devicePixelRatio;
    const pixels = (from: number, length: number): number =>
      Math.round((from + length) * ratio) - Math.round(from * ratio);
    this.#suggest({ width: pixels(left, width), height: pixels(top, height) });
  }

  #suggest(measured: Size): void {
    const before = this.suggestedBitmapSize;
    const wanted = this.#transform(measured, this.canvasElementClientSize);
    const now = equalSizes(this.bitmapSize, wanted) ? null : wanted;
    if (before === now || (before !== null && now !== null && equalSizes(before, now))) return;
    this.suggestedBitmapSize = now;
    for (const listener of this.#suggested) listener(before, now);
  }
}

/** Binds the bitmap of a canvas to its size in device pixels. */
export function bindCanvasElementBitmapSizeTo(
  canvas: HTMLCanvasElement,
  { transform = (bitmap) => bitmap }: { transform?: (bitmap: Size, client: Size) => Size },
): CanvasBinding {
  return new CanvasBinding(canvas, transform);
}

interface Scope {
  readonly context: CanvasRenderingContext2D;
  readonly mediaSize: Size;
  readonly bitmapSize: Size;
  readonly horizontalPixelRatio: number;
  readonly verticalPixelRatio: number;
}

/** Where to draw, in CSS pixels or in device pixels; `null` while there is no room. */
export function tryCreateCanvasRenderingTarget2D(
  { canvasElementClientSize: mediaSize, bitmapSize, canvasElement }: CanvasBinding,
  options?: CanvasRenderingContext2DSettings,
): unknown {
  if (mediaSize.width * mediaSize.height * bitmapSize.width * bitmapSize.height === 0) return null;
  const context = canvasElement.getContext('2d', options);
  if (context === null) return null;
  const horizontalPixelRatio = bitmapSize.width / mediaSize.width;
  const verticalPixelRatio = bitmapSize.height / mediaSize.height;
  const use =
    (x: number, y: number) =>
    <T>(draw: (scope: Scope) => T): T => {
      context.save();
      try {
        context.setTransform(x, 0, 0, y, 0, 0);
        return draw({ context, mediaSize, bitmapSize, horizontalPixelRatio, verticalPixelRatio });
      } finally {
        context.restore();
      }
    };
  return {
    useMediaCoordinateSpace: use(horizontalPixelRatio, verticalPixelRatio),
    useBitmapCoordinateSpace: use(1, 1),
  };
}
