import type { Room } from '../models/event-queue.js';
import type { RunnerDepth, RunnerEvent, RunnerLevel } from './runner-event.js';

/**
 * Frees room in a full queue: depth updates of a symbol merge into one, so that the book stays
 * right; then the older half of what else is there goes, trades first.
 */
export function makeRunnerRoom(items: readonly RunnerEvent[]): Room<RunnerEvent> {
  const updates = new Map<string, RunnerDepth[]>();
  let trades = 0;
  let others = 0;
  for (const item of items) {
    if (item.type === 'depth') {
      const list = updates.get(item.symbol);
      if (list === undefined) updates.set(item.symbol, [item]);
      else list.push(item);
    } else if (item.type === 'trade') {
      trades += 1;
    } else {
      others += 1;
    }
  }
  let tradesToDrop = Math.ceil(trades / 2);
  // Without trades it is errors or statuses that fill the queue: nobody reads them either.
  let othersToDrop = others * 2 > items.length ? Math.ceil(others / 2) : 0;
  const dropped = tradesToDrop + othersToDrop;
  let conflated = 0;
  const left: RunnerEvent[] = [];
  for (const item of items) {
    if (item.type === 'depth') {
      // The merged update takes the place of the first one.
      const list = updates.get(item.symbol);
      if (list === undefined) continue;
      updates.delete(item.symbol);
      conflated += list.length - 1;
      left.push(list.length === 1 ? item : merge(list));
    } else if (item.type === 'trade' && tradesToDrop > 0) {
      tradesToDrop -= 1;
    } else if (item.type !== 'trade' && othersToDrop > 0) {
      othersToDrop -= 1;
    } else {
      left.push(item);
    }
  }
  return { items: left, dropped, conflated };
}

function merge(updates: readonly RunnerDepth[]): RunnerDepth {
  const bids = new Map<number, RunnerLevel>();
  const asks = new Map<number, RunnerLevel>();
  let snapshot = false;
  let merged = 0;
  for (const update of updates) {
    if (update.snapshot) {
      snapshot = true;
      bids.clear();
      asks.clear();
    }
    merged += update.merged;
    for (const level of update.bids) bids.set(level[0], level);
    for (const level of update.asks) asks.set(level[0], level);
  }
  const last = updates[updates.length - 1] as RunnerDepth;
  // In a whole book a level that is gone is simply not there.
  const kept = (side: Map<number, RunnerLevel>): RunnerLevel[] =>
    snapshot ? [...side.values()].filter(([, qty]) => qty > 0) : [...side.values()];
  return { ...last, bids: kept(bids), asks: kept(asks), snapshot, merged };
}
