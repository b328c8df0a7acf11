import { recordClient } from '../record/record-client.js';
import { recordFeed } from '../record/record-feed.js';
import type { Recorder } from '../record/recorder.js';
import { clientOf, type ClientCommandOptions } from './client-command.js';

/** What `record` takes its data from. */
export interface RecordSource {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What is missing in the files because it was never received, in words. */
  losses(): string;
}

/** A connector over shared memory: times in ns, and losses are counted. */
export function connectorSource(
  options: ClientCommandOptions,
  recorders: readonly Recorder[],
): RecordSource {
  const client = clientOf(options);
  for (const recorder of recorders) recordClient(client, recorder);
  return {
    start: () => client.start(),
    stop: () => client.close(),
    losses() {
      const { gaps, lost, dropped } = client.health;
      return `gaps ${String(gaps)}, lost ${String(lost)}, dropped ${String(dropped)}: what is missing was never received`;
    },
  };
}

/** Any data source of the feed. */
export async function feedSource(
  dataSource: string,
  options: ClientCommandOptions,
  recorders: readonly Recorder[],
): Promise<RecordSource> {
  // Loaded here: the other commands start without it.
  const { createFeed } = await import('../feed/index.js');
  const { feed } = createFeed({
    dataSource,
    symbols: [options.symbol],
    tickSize: options.tick,
    lotSize: options.lot,
    ...(options.connector === undefined ? {} : { connectorName: options.connector }),
  });
  for (const recorder of recorders) recordFeed(feed, recorder, options.symbol);
  return {
    start: () => feed.start(),
    stop: () => feed.stop(),
    losses() {
      const { reconnections, invalidEvents } = feed.metrics;
      return `reconnections ${String(reconnections)}, invalid events ${String(invalidEvents)}: what is missing was never received`;
    },
  };
}
