import type { HopView, LiveView } from '../../live-view.js';
import { byId, make, setClass } from '../frame/dom.js';
import { latencyText } from '../frame/format.js';
import { Label, Rows, type Row } from '../frame/rows.js';

const WINDOW_MS = 10_000;
/** Octaves shown: from 1 µs (octave 5 begins at 1.02 µs) to 33 ms. */
const FIRST = 4;
const LAST = 19;

interface Past {
  readonly atMs: number;
  readonly octaves: readonly number[];
}

interface Line {
  readonly hop: HopView;
  /** Of the last seconds, by octave. */
  readonly counts: readonly number[];
}

/** One row per hop: its words, its distribution of the last ten seconds, and figures since the start. */
export class LatencyPanel {
  readonly #past = new Map<string, Past[]>();
  readonly #rows = new Rows<Line>(byId('latency'), lineRow);

  draw({ hops, atMs }: LiveView): void {
    this.#rows.show(hops.map((hop) => ({ hop, counts: this.#counts(hop, atMs) })));
  }

  #counts({ name, latency }: HopView, atMs: number): number[] {
    const past = this.#past.get(name) ?? [];
    this.#past.set(name, past);
    past.push({ atMs, octaves: latency.octaves });
    while (past.length > 2 && (past[1]?.atMs ?? atMs) < atMs - WINDOW_MS) past.shift();
    const before = past[0]?.octaves ?? [];
    const counts: number[] = new Array<number>(LAST - FIRST + 1).fill(0);
    for (const [octave, count] of latency.octaves.entries()) {
      const shown = Math.min(LAST, Math.max(FIRST, octave)) - FIRST;
      counts[shown] = (counts[shown] ?? 0) + Math.max(0, count - (before[octave] ?? 0));
    }
    return counts;
  }
}

const FIGURES = ['p50Us', 'p99Us', 'p999Us', 'maxUs'] as const;

function lineRow(): Row<Line> {
  const [name, about] = [new Label(), new Label()];
  const plot = make('div', 'bars');
  const columns = new Rows<{ count: number; largest: number }>(plot, columnRow);
  const figures = FIGURES.map((field) => ({ field, text: new Label() }));
  const head = make('th', '', make('b', '', name.node), ' ', make('span', '', about.node));
  head.scope = 'row';
  const element = make(
    'tr',
    '',
    head,
    make('td', 'plot', plot),
    ...figures.map(({ text }) => make('td', 'n', text.node)),
  );
  return {
    element,
    fill: ({ hop, counts }) => {
      name.set(hop.name);
      about.set(hop.about);
      const largest = Math.max(1, ...counts);
      columns.show(counts.map((count) => ({ count, largest })));
      for (const { field, text } of figures)
        text.set(hop.latency.count === 0 ? '–' : latencyText(hop.latency[field]));
    },
  };
}

function columnRow(): Row<{ count: number; largest: number }> {
  const element = make('i');
  let drawn = -1;
  return {
    element,
    fill: ({ count, largest }) => {
      setClass(element, count === 0 ? 'none' : '');
      const height = Math.max(3, Math.round((count / largest) * 100));
      if (height === drawn) return;
      drawn = height;
      element.style.backgroundSize = `100% ${String(height)}%`;
    },
  };
}
