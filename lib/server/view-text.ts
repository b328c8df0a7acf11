import type { LiveView } from './live-view.js';
import { GROWING } from './view/page-message.js';

/** An entry of a list that grows. */
interface Entry {
  readonly id: number;
}

/** The views of one instrument as JSON: whole, and what changed since the one before. */
export class ViewText {
  #fields = new Map<string, string>();
  /** By list, the text of each entry by its id. */
  readonly #lists = new Map<string, Map<number, string>>();
  /** Entries do not change, so each is written once. */
  readonly #texts = new WeakMap<Entry, string>();
  #change = '';

  /** Takes the next view. Each field is written once, for both messages. */
  take(view: LiveView): void {
    const fields = new Map<string, string>();
    const changed: string[] = [];
    const added: string[] = [];
    // `undefined` has no place in JSON; that a field is gone must be reported.
    for (const [name, value] of Object.entries(view) as [string, unknown][]) {
      if (GROWING.some((each) => each === name)) {
        const entries = this.#added(name, value as readonly Entry[]);
        if (entries !== '') added.push(`${JSON.stringify(name)}:[${entries}]`);
        continue;
      }
      const text = JSON.stringify(value ?? null);
      fields.set(name, text);
      if (this.#fields.get(name) !== text) changed.push(`${JSON.stringify(name)}:${text}`);
    }
    for (const name of this.#fields.keys())
      if (!fields.has(name)) changed.push(`${JSON.stringify(name)}:null`);
    this.#fields = fields;
    const lists = added.length === 0 ? '' : `,"added":{${added.join()}}`;
    this.#change = `{"type":"change","change":{${changed.join()}}${lists}`;
  }

  /** The message with the whole view. */
  get whole(): string {
    const all = [...this.#fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
    for (const [name, entries] of this.#lists)
      all.push(`${JSON.stringify(name)}:[${[...entries.values()].join()}]`);
    return `{"type":"view","view":{${all.join()}}}`;
  }

  /** The message with what differs from the view before; `candles` are those that changed, as JSON. */
  change(candles = ''): string {
    return `${this.#change}${candles === '' ? '' : `,"candles":${candles}`}}`;
  }

  /** Notes the entries of a list; the texts of those that are new or have changed. */
  #added(name: string, list: readonly Entry[]): string {
    const before = this.#lists.get(name);
    const now = new Map<number, string>();
    const added: string[] = [];
    for (const entry of list) {
      const text = this.#texts.get(entry) ?? JSON.stringify(entry);
      this.#texts.set(entry, text);
      now.set(entry.id, text);
      if (before?.get(entry.id) !== text) added.push(text);
    }
    this.#lists.set(name, now);
    return added.join();
  }
}
