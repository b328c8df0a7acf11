import type { FeedEvent } from './feed-event.js';

/**
 * A filter or transform: returns the event, another one in its place, or `undefined` to take it out.
 * What it throws is reported, and the event is taken out.
 */
export type FeedStage = (event: FeedEvent) => FeedEvent | undefined;

/** Lets pass the events for which `holds` does. */
export function keepEvents(holds: (event: FeedEvent) => boolean): FeedStage {
  return (event) => (holds(event) ? event : undefined);
}

/** Lets pass the events of these symbols. */
export function keepSymbols(...symbols: readonly string[]): FeedStage {
  const wanted = new Set(symbols);
  return (event) => (wanted.has(event.symbol) ? event : undefined);
}

/** Takes out trades below a quantity; updates of books pass. */
export function minTradeQty(qty: number): FeedStage {
  return (event) => (event.type === 'trade' && event.qty < qty ? undefined : event);
}

/** Gives symbols other names, so that venues that write them differently agree. */
export function renameSymbols(names: Readonly<Record<string, string>>): FeedStage {
  const map = new Map(Object.entries(names));
  return (event) => {
    const symbol = map.get(event.symbol);
    return symbol === undefined ? event : Object.freeze({ ...event, symbol });
  };
}

/** Multiplies quantities, so that venues that count in contracts and in coins agree. */
export function scaleQty(factor: number): FeedStage {
  return (event) => {
    if (event.type === 'trade') return Object.freeze({ ...event, qty: event.qty * factor });
    const scaled = (levels: typeof event.bids): typeof event.bids =>
      Object.freeze(levels.map(({ price, qty }) => Object.freeze({ price, qty: qty * factor })));
    return Object.freeze({ ...event, bids: scaled(event.bids), asks: scaled(event.asks) });
  };
}
