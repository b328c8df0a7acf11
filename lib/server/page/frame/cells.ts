import { make, setClass } from './dom.js';
import { Label, type Row } from './rows.js';

/** A table row of texts with their classes. */
export function cells<T>(
  texts: (item: T) => readonly (readonly [text: string, className: string])[],
): () => Row<T> {
  return () => {
    const element = make('tr');
    const row: { readonly cell: HTMLElement; readonly label: Label }[] = [];
    return {
      element,
      fill: (item) => {
        for (const [index, [text, className]] of texts(item).entries()) {
          let part = row[index];
          if (part === undefined) {
            const label = new Label();
            part = { label, cell: make('td', '', label.node) };
            row.push(part);
            element.append(part.cell);
          }
          part.label.set(text);
          setClass(part.cell, className);
        }
      },
    };
  };
}
