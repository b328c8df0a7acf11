import type { FigureView } from '../../live-view.js';
import { make, setClass } from './dom.js';
import { countText } from './format.js';
import { Label, Rows, type Row } from './rows.js';

/** A figure as it is shown; `level` is its class. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly level: string;
}

/** Named figures, one beside the other, in a `<dl>`. */
export class FigureRows {
  readonly #rows: Rows<Figure>;

  constructor(parent: HTMLElement) {
    this.#rows = new Rows(parent, figureRow);
  }

  show(figures: readonly Figure[]): void {
    this.#rows.show(figures);
  }

  /** Counts and rates of a view. */
  showCounts(figures: readonly FigureView[]): void {
    this.#rows.show(
      figures.map(({ name, value, unit, level }) => ({
        name,
        value: countText(value) + unit,
        level,
      })),
    );
  }
}

function figureRow(): Row<Figure> {
  const [name, value] = [new Label(), new Label()];
  const element = make('div', '', make('dt', '', name.node), make('dd', '', value.node));
  return {
    element,
    fill: (figure) => {
      setClass(element, figure.level);
      name.set(figure.name);
      value.set(figure.value);
    },
  };
}
