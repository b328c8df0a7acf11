/** Keeps the last lines of a text stream: what a process said before it died. */
export class TailBuffer {
  readonly #maxLines: number;
  #lines: string[] = [];
  #partial = '';

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  /** Takes a piece of the stream; returns the lines that it completed. */
  push(chunk: string): string[] {
    const parts = (this.#partial + chunk).split('\n');
    // A line without an end must not grow without bound.
    this.#partial = (parts.pop() ?? '').slice(-4096);
    this.#lines = [...this.#lines, ...parts].slice(-this.#maxLines);
    return parts;
  }

  text(): string {
    return [...this.#lines, this.#partial].join('\n').trim();
  }
}
