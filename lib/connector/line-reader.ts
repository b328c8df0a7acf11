/** Longer than any line of the protocol: a book of 1 000 levels per side has about 60 kB. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** Cuts a text stream into lines. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #pieces: string[] = [];
  #length = 0;
  #skipping = false;

  /** @param onTooLong - A line was longer than 8 MiB and is left out. */
  constructor(onLine: (line: string) => void, onTooLong: () => void) {
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  /** Takes a piece of the stream. */
  push(chunk: string): void {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      const piece = chunk.slice(from, end);
      from = end + 1;
      if (this.#skipping) {
        this.#skipping = false;
        continue;
      }
      const line = this.#length === 0 ? piece : this.#pieces.join('') + piece;
      this.#pieces = [];
      this.#length = 0;
      if (line !== '' && line !== '\r') this.#onLine(line);
    }
    if (this.#skipping || from === chunk.length) return;
    this.#pieces.push(chunk.slice(from));
    this.#length += chunk.length - from;
    if (this.#length <= LONGEST_LINE) return;
    this.#pieces = [];
    this.#length = 0;
    this.#skipping = true;
    this.#onTooLong();
  }
}
