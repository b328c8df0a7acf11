import type { LiveClient } from '../client/live-client.js';
import { recordClient } from '../record/record-client.js';
import { recordFeed } from '../record/record-feed.js';
import type { Recorder } from '../record/recorder.js';
import { clientOf, type ClientCommandOptions } from './client-command.js';
import { feedOf } from './feed-of.js';
import type { KnownInstrument } from './wanted-instrument.js';

/** What was lost on the way to a recorder, by its name in words, and how often. */
export type Losses = Readonly<Record<string, number>>;

/** What `record` takes its data from. */
export interface RecordSource {
  /** The client of a connector; `undefined` for other data sources. */
  readonly client: LiveClient | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What is missing in the files because it was never received. */
  losses(): Losses;
}

/** A connector over shared memory: times in ns, and losses are counted. */
export function connectorSource(
  options: ClientCommandOptions,
  instruments: readonly KnownInstrument[],
  recorders: readonly Recorder[],
): RecordSource {
  const client = clientOf(options, instruments);
  recorders.forEach((recorder, asset) => recordClient(client, recorder, asset));
  return {
    client,
    start: () => client.start(),
    stop: () => client.close(),
    losses() {
      const { gaps, lost, dropped } = client.health;
      return { gaps, lost, dropped };
    },
  };
}

/** Any data source of the feed. */
export async function feedSource(
  dataSource: string,
  options: ClientCommandOptions,
  instruments: readonly KnownInstrument[],
  recorders: readonly Recorder[],
): Promise<RecordSource> {
  const { feed } = await feedOf({ dataSource, connectorName: options.connector, instruments });
  recorders.forEach((recorder, index) => {
    recordFeed(feed, recorder, instruments[index]?.symbol ?? '');
  });
  return {
    client: undefined,
    start: () => feed.start(),
    stop: () => feed.stop(),
    losses() {
      const { reconnections, invalidEvents } = feed.metrics;
      return { reconnections, 'invalid events': invalidEvents };
    },
  };
}
