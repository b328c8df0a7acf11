import process from 'node:process';

import { takesColor } from '../models/takes-color.js';
import { fitLine } from './fit-line.js';
import { renderFrame, renderLine, type DemoFrame } from './demo-view.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const HOME = '\u001b[H';
const CLEAR = '\u001b[2J';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Where frames go: a terminal is redrawn in place, anything else gets a line per second. Frames
 * come at most ten times a second.
 */
export class DemoScreen {
  readonly #out: NodeJS.WriteStream;
  readonly #inPlace: boolean;
  readonly #isPlain: boolean;
  #started = false;
  #lastLineMs = -Infinity;

  /** @param env - `TERM=dumb` is no terminal to draw in; any `NO_COLOR` leaves colours out. */
  constructor(out: NodeJS.WriteStream, inPlace: boolean, env: NodeJS.ProcessEnv = process.env) {
    this.#out = out;
    this.#inPlace = inPlace && env['TERM'] !== 'dumb';
    this.#isPlain = !takesColor(env);
  }

  /** True where frames are drawn in place: other lines would break them. */
  get isInPlace(): boolean {
    return this.#inPlace;
  }

  show(frame: DemoFrame): void {
    if (!this.#inPlace) {
      if (frame.elapsedMs - this.#lastLineMs < 1_000) return;
      this.#lastLineMs = frame.elapsedMs;
      this.#out.write(`${renderLine(frame)}\n`);
      return;
    }
    const start = this.#started ? HOME : HIDE_CURSOR + CLEAR + HOME;
    this.#started = true;
    const rows = this.#out.rows > 0 ? this.#out.rows - 1 : 100;
    const columns = this.#out.columns > 0 ? this.#out.columns : 80;
    const lines = renderFrame(frame, { columns, rows })
      .slice(0, rows)
      .map((line) => fitLine(line, columns, this.#isPlain));
    this.#out.write(start + lines.map((line) => `${line}${CLEAR_LINE}\n`).join('') + CLEAR_BELOW);
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#started) this.#out.write(SHOW_CURSOR);
  }
}
