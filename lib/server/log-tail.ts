import type { Level, LogLine } from './live-view.js';

/** The last lines of what happened, for people. Fixed size; same text at once counts as one. */
export class LogTail {
  readonly #capacity: number;
  readonly #lines: { tsMs: number; level: Level; text: string; count: number }[] = [];

  /** @param capacity - Lines kept, default 60. */
  constructor(capacity = 60) {
    this.#capacity = capacity;
  }

  /** Adds a line with the time of now; a repetition of the last one raises its count. */
  add(level: Level, text: string): void {
    const last = this.#lines.at(-1);
    if (last?.text === text && last.level === level) {
      last.count += 1;
      last.tsMs = Date.now();
      return;
    }
    this.#lines.push({ tsMs: Date.now(), level, text: text.slice(0, 400), count: 1 });
    if (this.#lines.length > this.#capacity) this.#lines.shift();
  }

  /** The lines, newest last. */
  lines(): LogLine[] {
    return this.#lines.map(({ tsMs, level, text, count }) => ({
      tsMs,
      level,
      text: count === 1 ? text : `${text} (${String(count)} times)`,
    }));
  }
}
