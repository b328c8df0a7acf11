import type { LiveView } from './live-view.js';

/** The views of one instrument as JSON: whole, and what changed since the one before. */
export class ViewText {
  #fields = new Map<string, string>();
  #change = '';

  /** Takes the next view. Each field is written once, for both messages. */
  take(view: LiveView): void {
    const fields = new Map<string, string>();
    const changed: string[] = [];
    // `undefined` has no place in JSON; that a field is gone must be reported.
    for (const [name, value] of Object.entries(view) as [string, unknown][]) {
      const text = JSON.stringify(value ?? null);
      fields.set(name, text);
      if (this.#fields.get(name) !== text) changed.push(`${JSON.stringify(name)}:${text}`);
    }
    for (const name of this.#fields.keys())
      if (!fields.has(name)) changed.push(`${JSON.stringify(name)}:null`);
    this.#fields = fields;
    this.#change = `{"type":"change","change":{${changed.join()}}}`;
  }

  /** The message with the whole view. */
  get whole(): string {
    const all = [...this.#fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
    return `{"type":"view","view":{${all.join()}}}`;
  }

  /** The message with what differs from the view before. */
  get change(): string {
    return this.#change;
  }
}
