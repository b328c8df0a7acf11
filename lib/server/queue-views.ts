import type { QueueView } from './live-view.js';

/** The queues of a client's or a feed's health, for the page. */
export function queueViews(
  queues: Readonly<Record<string, Omit<QueueView, 'name'>>>,
): readonly QueueView[] {
  return Object.entries(queues).map(([name, { size, capacity, policy, dropped }]) => ({
    name,
    size,
    capacity,
    policy,
    dropped,
  }));
}
