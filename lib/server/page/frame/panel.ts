import type { LiveView } from '../../live-view.js';

/** A part of the page: drawn when something that it shows has changed. */
export interface Panel {
  readonly shows: readonly (keyof LiveView)[];
  /** Least time between two drawings, ms: people read no faster. */
  readonly everyMs: number;
  draw(view: LiveView): void;
}

/** Draws the panels whose part of the view has changed, each at its own pace. */
export class Panels {
  readonly #panels: { panel: Panel; drawnMs: number; isDue: boolean }[];

  constructor(panels: readonly Panel[]) {
    this.#panels = panels.map((panel) => ({ panel, drawnMs: -Infinity, isDue: true }));
  }

  /** Says what changed; `undefined`: everything. */
  changed(fields?: ReadonlySet<string>): void {
    for (const entry of this.#panels) {
      if (fields === undefined) {
        entry.isDue = true;
        entry.drawnMs = -Infinity;
      } else if (entry.panel.shows.some((field) => fields.has(field))) entry.isDue = true;
    }
  }

  /** Draws what is due; what comes too early stays due for the next time. */
  draw(view: LiveView, nowMs: number): void {
    for (const entry of this.#panels) {
      if (!entry.isDue || nowMs - entry.drawnMs < entry.panel.everyMs) continue;
      entry.isDue = false;
      entry.drawnMs = nowMs;
      entry.panel.draw(view);
    }
  }
}
