import type { DemoScreen } from './demo-screen.js';

/**
 * What the demo says besides its frames: on the standard error, or where the terminal shows frames in their
 * last line, and once more when they have ended.
 */
export class DemoSaid {
  #screen: DemoScreen | undefined;
  #held: string[] = [];
  #last = '';

  /** The last line, for a frame; '' where nothing was said or it was written at once. */
  get last(): string {
    return this.#last;
  }

  /** From now on there is a screen. */
  begin(screen: DemoScreen): void {
    this.#screen = screen;
  }

  say(text: string): void {
    if (this.#screen?.isInPlace !== true || !process.stderr.isTTY) {
      process.stderr.write(`${text}\n`);
      return;
    }
    this.#held.push(text);
    this.#last = text.split('\n')[0] ?? '';
  }

  /** The frames have ended: writes what was held back. */
  end(): void {
    this.#screen = undefined;
    for (const text of this.#held.splice(0)) process.stderr.write(`${text}\n`);
  }
}
