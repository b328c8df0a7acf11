import type { HopView, LiveView } from '../live-view.js';
import { byId, make } from './dom.js';
import { latencyText } from './format.js';

const WINDOW_MS = 10_000;
/** Octaves shown: from 1 µs (octave 5 begins at 1.02 µs) to 33 ms. */
const FIRST = 4;
const LAST = 19;

interface Past {
  readonly atMs: number;
  readonly octaves: readonly number[];
}

/** One row of bars and percentiles per hop. */
export class LatencyPanel {
  readonly #past = new Map<string, Past[]>();

  draw({ hops, atMs }: LiveView): void {
    const rows = hops.map((hop) => this.#row(hop, atMs));
    byId('latency').replaceChildren(...rows, axis());
  }

  #row({ name, about, latency }: HopView, atMs: number): HTMLElement {
    const past = this.#past.get(name) ?? [];
    this.#past.set(name, past);
    past.push({ atMs, octaves: latency.octaves });
    while (past.length > 2 && (past[1]?.atMs ?? atMs) < atMs - WINDOW_MS) past.shift();
    const before = past[0]?.octaves ?? [];
    const counts: number[] = [];
    for (let octave = 0; octave < Math.max(LAST + 1, latency.octaves.length); octave += 1) {
      const count = Math.max(0, (latency.octaves[octave] ?? 0) - (before[octave] ?? 0));
      const shown = Math.min(LAST, Math.max(FIRST, octave)) - FIRST;
      counts[shown] = (counts[shown] ?? 0) + count;
    }
    const row = make('div', 'hop', make('b', '', name), bars(counts));
    row.title = about;
    const figures = [
      ['p50', latency.p50Us],
      ['p99', latency.p99Us],
      ['p99.9', latency.p999Us],
      ['max', latency.maxUs],
    ] as const;
    for (const [label, us] of figures) {
      const small = make('small', '', label);
      row.append(make('span', 'n', small, latency.count === 0 ? '–' : latencyText(us)));
    }
    return row;
  }
}

function bars(counts: readonly number[]): HTMLElement {
  const largest = Math.max(1, ...counts);
  const columns = counts.map((count) => {
    const column = make('i', count === 0 ? 'none' : '');
    column.style.height = `${String(Math.max(3, Math.round((count / largest) * 100)))}%`;
    column.title = String(count);
    return column;
  });
  return make('div', 'plot bars', ...columns);
}

function axis(): HTMLElement {
  const labels = ['≤ 1 µs', '8 µs', '65 µs', '0.5 ms', '4 ms', '≥ 17 ms'].map((text) =>
    make('span', '', text),
  );
  return make('div', 'hop', make('b'), make('div', 'plot axis', ...labels));
}
