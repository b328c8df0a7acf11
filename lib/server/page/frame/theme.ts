import { byId, setText } from './dom.js';
import { Stored } from './stored.js';

const CHOICES = ['auto', 'light', 'dark'];

/** Light, dark, or as the system has it. */
export class Theme {
  readonly #stored = new Stored('theme');
  readonly #system = matchMedia('(prefers-color-scheme: dark)');
  readonly #changed: () => void;

  /** @param changed - Called when colours have changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#system.onchange = () => {
      this.#apply();
      changed();
    };
    byId('theme').onclick = () => {
      this.next();
    };
    this.#apply();
  }

  next(): void {
    const at = CHOICES.indexOf(this.#choice);
    this.#stored.value = CHOICES[(at + 1) % CHOICES.length] ?? 'auto';
    this.#apply();
    this.#changed();
  }

  get #choice(): string {
    return CHOICES.includes(this.#stored.value) ? this.#stored.value : 'auto';
  }

  #apply(): void {
    const choice = this.#choice;
    const isDark = choice === 'dark' || (choice === 'auto' && this.#system.matches);
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
    setText(byId('theme'), `Theme: ${choice}`);
  }
}
