import type { LiveView } from '../../live-view.js';

/** A part of the page: drawn when something that it shows has changed. */
export interface Panel {
  readonly shows: readonly (keyof LiveView)[];
  /** Least time between two drawings, ms: people read no faster. */
  readonly everyMs: number;
  /** Its layout and paint cost so much that it gets a frame of its own. */
  readonly isLarge?: boolean;
  draw(view: LiveView): void;
}

/** Draws the panels whose part of the view has changed, each at its own pace and one large one a frame. */
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

  /**
   * Draws what is due; what comes too early stays due for the next time. True when more is to be drawn in
   * the next frame.
   */
  draw(view: LiveView, nowMs: number): boolean {
    const due = this.#panels.filter(
      ({ isDue, drawnMs, panel }) => isDue && nowMs - drawnMs >= panel.everyMs,
    );
    const [first, ...others] = due
      .filter(({ panel }) => panel.isLarge === true)
      .sort((a, b) => a.drawnMs - b.drawnMs);
    for (const entry of due) {
      if (entry.panel.isLarge === true && entry !== first) continue;
      entry.isDue = false;
      entry.drawnMs = nowMs;
      entry.panel.draw(view);
    }
    return others.length > 0;
  }
}
