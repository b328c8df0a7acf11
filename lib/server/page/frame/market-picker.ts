import type { LiveView } from '../../live-view.js';
import { marketKey, marketNames } from './address.js';
import { byId, make, setText } from './dom.js';

/** Chooses the market: by list, by key, and by whoever shows one to be chosen. */
export class MarketPicker {
  readonly #select = byId('instrument') as HTMLSelectElement;
  readonly #choose: (key: string) => void;
  #shown = '';

  /** @param choose - Called with the key of the market that was chosen. */
  constructor(choose: (key: string) => void) {
    this.#choose = choose;
    this.#select.onchange = () => {
      choose(this.#select.value);
    };
  }

  draw({ markets, instrument }: LiveView): void {
    const names = marketNames(markets);
    const shown = names.join();
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#select.replaceChildren(
        ...markets.map((market, index) => {
          const option = make('option', '', names[index] ?? '');
          option.value = marketKey(market);
          return option;
        }),
      );
      byId('picker').hidden = markets.length < 2;
      setText(byId('title'), markets.length === 1 ? (names[0] ?? '') : 'hftbacktest-live');
    }
    this.#select.selectedIndex = instrument;
  }

  /** The next market of the list, or the one before. */
  step(by: number): void {
    const { options, selectedIndex } = this.#select;
    const option = options[(selectedIndex + by + options.length) % options.length];
    if (option !== undefined && options.length > 1) this.#choose(option.value);
  }
}
