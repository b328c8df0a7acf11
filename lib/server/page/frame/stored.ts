/** A choice that the browser keeps for this page; where it keeps none, the choice lasts until a reload. */
export class Stored {
  readonly #name: string;
  #value: string | null;

  constructor(name: string) {
    this.#name = `hftbacktest-live.${name}`;
    try {
      this.#value = localStorage.getItem(this.#name);
    } catch {
      this.#value = null;
    }
  }

  get value(): string {
    return this.#value ?? '';
  }

  set value(value: string) {
    this.#value = value;
    try {
      localStorage.setItem(this.#name, value);
    } catch {
      // Kept in this page alone.
    }
  }
}
