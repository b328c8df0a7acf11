import { byId } from '../frame/dom.js';

/** Tabs by the pattern of ARIA: one stop of the Tab key, arrows between them. */
export class Tabs {
  readonly #tabs: readonly HTMLElement[];
  readonly #changed: () => void;

  /** @param changed - Called when another one is open. */
  constructor(list: HTMLElement, changed: () => void) {
    this.#changed = changed;
    this.#tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
    for (const [index, tab] of this.#tabs.entries()) {
      tab.onclick = () => {
        this.open(index);
      };
      tab.onkeydown = ({ key }) => {
        const by = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
        if (by === 0) return;
        const next = (index + by + this.#tabs.length) % this.#tabs.length;
        this.open(next);
        this.#tabs[next]?.focus();
      };
    }
  }

  open(opened: number): void {
    for (const [index, tab] of this.#tabs.entries()) {
      const isOpen = index === opened;
      tab.setAttribute('aria-selected', String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      byId(tab.getAttribute('aria-controls') ?? '').hidden = !isOpen;
    }
    this.#changed();
  }
}
