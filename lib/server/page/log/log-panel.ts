import type { Level, LiveView, LogLine } from '../../live-view.js';
import { byId, make, setClass } from '../frame/dom.js';
import { timeText } from '../frame/format.js';
import { KeyedRows } from '../frame/keyed-rows.js';
import { Label, type Row } from '../frame/rows.js';
import { filtered } from './filtered.js';

const WORDS: Readonly<Record<Level, string>> = { ok: 'info', warn: 'warning', bad: 'error' };

/** The log, newest first, filtered by level and symbol. */
export class LogPanel {
  readonly #level = byId('log-level') as HTMLSelectElement;
  readonly #symbol = byId('log-symbol') as HTMLSelectElement;
  readonly #rows = new KeyedRows<LogLine>(byId('log'), lineRow, ({ id }) => id);
  #symbols = '';

  /** @param changed - Called when another part is to be shown. */
  constructor(changed: () => void) {
    this.#level.onchange = changed;
    this.#symbol.onchange = changed;
  }

  draw({ log, instruments }: LiveView): void {
    const symbols = [...new Set(instruments)];
    if (symbols.join() !== this.#symbols) {
      this.#symbols = symbols.join();
      const [all] = this.#symbol.options;
      this.#symbol.replaceChildren(
        ...(all === undefined ? [] : [all]),
        ...symbols.map((symbol) => make('option', '', symbol)),
      );
    }
    const shown = filtered(log, this.#level.value, this.#symbol.value);
    this.#rows.show(shown);
    byId('no-log').hidden = shown.length > 0;
  }
}

function lineRow(): Row<LogLine> {
  const [time, level, symbol] = [new Label(), new Label(), new Label()];
  const [text, count] = [new Label(), new Label()];
  const times = make('b', 'count', count.node);
  const element = make(
    'li',
    '',
    make('time', '', time.node),
    make('span', 'level', level.node),
    make('span', 'symbol', symbol.node),
    make('span', 'text', text.node),
    times,
  );
  return {
    element,
    fill: (line) => {
      setClass(element, line.level);
      time.set(timeText(line.tsMs));
      level.set(WORDS[line.level]);
      symbol.set(line.symbol);
      text.set(line.text);
      count.set(line.count > 1 ? `×${String(line.count)}` : '');
    },
  };
}
