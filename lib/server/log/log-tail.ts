import type { Level, LogLine } from '../live-view.js';

/** A line that repeats one of so many before it is folded into it. */
const FOLD_WITHIN = 8;

/** What a line is about. */
export interface LogAbout {
  /** Symbol of the instrument, '' for none. */
  readonly symbol?: string;
  /** Lines with the same word are repetitions, whatever their text. Default: the text. */
  readonly fold?: string;
  /** How often it happened. Default 1. */
  readonly times?: number;
}

/** The last lines of what happened, for people. Fixed size; repeated lines are folded into one. */
export class LogTail {
  readonly #capacity: number;
  readonly #lines: { line: LogLine; fold: string }[] = [];
  #nextId = 1;

  /** @param capacity - Lines kept, default 200. */
  constructor(capacity = 200) {
    this.#capacity = capacity;
  }

  /** Adds a line with the time of now. A repetition of a recent one raises its count and has the newest text. */
  add(level: Level, text: string, { symbol = '', fold = text, times = 1 }: LogAbout = {}): void {
    const lines = this.#lines;
    const at = lines.findLastIndex(
      ({ line, fold: known }) => known === fold && line.level === level && line.symbol === symbol,
    );
    const isNear = at >= 0 && at >= lines.length - FOLD_WITHIN;
    const before = isNear ? lines.splice(at, 1)[0]?.line : undefined;
    const line: LogLine = {
      id: before?.id ?? this.#nextId,
      tsMs: Date.now(),
      level,
      symbol,
      text: text.slice(0, 400),
      count: (before?.count ?? 0) + times,
    };
    if (before === undefined) this.#nextId += 1;
    lines.push({ line, fold });
    if (lines.length > this.#capacity) lines.shift();
  }

  /** The lines, newest last. */
  lines(): readonly LogLine[] {
    return this.#lines.map(({ line }) => line);
  }
}
