import type { LiveView } from '../../live-view.js';
import type { PageMessage } from '../../view/page-message.js';

/** How long each list that grows may become, as on the server. */
const KEPT = { trades: 40, fills: 200, log: 200 } as const;

interface Entry {
  readonly id: number;
  readonly tsMs: number;
}

/** What the page knows: the newest view, put together from whole ones and changes. */
export class PageState {
  view: LiveView | undefined;

  /** Takes a view or a change; the names of the fields that changed, `undefined` for all. */
  take(message: Exclude<PageMessage, { type: 'history' }>): ReadonlySet<string> | undefined {
    if (message.type === 'view') {
      this.view = message.view;
      return undefined;
    }
    const { view } = this;
    // The server sends a whole view first.
    if (view === undefined) return new Set();
    const { change, added = {} } = message;
    const { trades = [], fills = [], log = [] } = added;
    this.view = {
      ...view,
      ...change,
      trades: merged(view.trades, trades, KEPT.trades, byId),
      fills: merged(view.fills, fills, KEPT.fills, byId),
      log: merged(view.log, log, KEPT.log, byTime),
    };
    return new Set([...Object.keys(change), ...Object.keys(added)]);
  }
}

/** Newest first. */
const byId = (a: Entry, b: Entry): number => b.id - a.id;
/** A line that was repeated has its old id and a new time. */
const byTime = (a: Entry, b: Entry): number => b.tsMs - a.tsMs || b.id - a.id;

function merged<T extends Entry>(
  known: readonly T[],
  added: readonly T[],
  kept: number,
  order: (a: Entry, b: Entry) => number,
): readonly T[] {
  if (added.length === 0) return known;
  const all = new Map([...known, ...added].map((entry) => [entry.id, entry]));
  return [...all.values()].sort(order).slice(0, kept);
}
