import { byId } from '../frame/dom.js';
import { Stored } from '../frame/stored.js';

/** Seconds of a candle that can be chosen. */
export const WIDTHS = [1, 5, 15, 60] as const;

/** The buttons that choose the width of candles. The choice is kept. */
export class WidthChoice {
  readonly #stored = new Stored('width');
  readonly #buttons = [...byId('widths').querySelectorAll('button')];
  readonly #changed: (width: number) => void;

  constructor(changed: (width: number) => void) {
    this.#changed = changed;
    for (const [index, button] of this.#buttons.entries())
      button.onclick = () => {
        this.choose(index);
      };
    this.#mark();
  }

  /** Seconds of a candle; 5 unless another was chosen. */
  get width(): number {
    return WIDTHS.find((width) => String(width) === this.#stored.value) ?? 5;
  }

  choose(index: number): void {
    this.#stored.value = String(WIDTHS[index] ?? 5);
    this.#mark();
    this.#changed(this.width);
  }

  #mark(): void {
    for (const [index, button] of this.#buttons.entries())
      button.setAttribute('aria-pressed', String(WIDTHS[index] === this.width));
  }
}
