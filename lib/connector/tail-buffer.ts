import type { SecretRedactor } from './secret-redactor.js';

/** A line without an end must not grow without bound. */
const LONGEST_PARTIAL = 4096;

/** Keeps the last lines of a text stream, without secrets: what a process said before it died. */
export class TailBuffer {
  readonly #maxLines: number;
  readonly #redactor: SecretRedactor;
  #lines: string[] = [];
  #partial = '';

  constructor(maxLines: number, redactor: SecretRedactor) {
    this.#maxLines = maxLines;
    this.#redactor = redactor;
  }

  /** Takes a piece of the stream; returns the lines that it completed. */
  push(chunk: string): string[] {
    const parts = (this.#partial + chunk).split('\n');
    const open = parts.pop() ?? '';
    // Cut only after the secrets are gone: half of one would not be known any more.
    this.#partial =
      open.length <= LONGEST_PARTIAL ? open : this.#redactor.redact(open).slice(-LONGEST_PARTIAL);
    const lines = parts.map((line) => this.#redactor.redact(line));
    this.#lines = [...this.#lines, ...lines].slice(-this.#maxLines);
    return lines;
  }

  text(): string {
    return [...this.#lines, this.#redactor.redactOpen(this.#partial)].join('\n').trim();
  }
}
