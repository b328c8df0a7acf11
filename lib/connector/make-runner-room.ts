import { conflate } from '../models/conflate.js';
import type { Room } from '../models/event-queue.js';
import type { RunnerDepth, RunnerEvent, RunnerLevel } from './runner-event.js';

/**
 * Frees room in a full queue: depth updates of a symbol merge into one, so that the book stays
 * right; then the older half of what else is there goes, trades first.
 */
export function makeRunnerRoom(items: readonly RunnerEvent[]): Room<RunnerEvent> {
  const others = items.filter(isOther).length;
  return conflate(items, {
    isUpdate: (item) => item.type === 'depth',
    bookOf: ({ symbol }) => symbol,
    merge,
    // Without trades, errors or statuses fill the queue: they are not read either.
    halved: others * 2 > items.length ? [isTrade, isOther] : [isTrade],
  });
}

const isTrade = ({ type }: RunnerEvent): boolean => type === 'trade';
const isOther = ({ type }: RunnerEvent): boolean => type !== 'trade' && type !== 'depth';

function merge(updates: readonly RunnerDepth[]): RunnerDepth {
  const last = updates[updates.length - 1] as RunnerDepth;
  if (updates.length === 1) return last;
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
  // In a whole book a level that is gone is simply not there.
  const kept = (side: Map<number, RunnerLevel>): RunnerLevel[] =>
    snapshot ? [...side.values()].filter(([, qty]) => qty > 0) : [...side.values()];
  return { ...last, bids: kept(bids), asks: kept(asks), snapshot, merged };
}
