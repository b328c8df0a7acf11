import type { OwnedConnectorHealth } from '../connector/owned-connector.js';
import type { BookState } from '../models/book-state.js';
import type { BotStats } from '../models/bot-stats.js';
import type { ConnectionHealth } from '../models/connection-health.js';
import type { LatencySummary } from '../models/latency-histogram.js';
import type { ClientState } from './client-event.js';
import type { QueueHealth } from '../models/event-queue.js';

/** How much came in. */
export interface Throughput {
  /** Records of every kind since the start, as all counts here. */
  readonly events: number;
  readonly trades: number;
  /** Changes of single levels. */
  readonly levels: number;
  /** Batches of levels, one per book. */
  readonly bookUpdates: number;
  /** Reports about orders. */
  readonly orders: number;
  /** Over the last full measuring interval (`healthIntervalMs`); 0 before its end. */
  readonly eventsPerSecond: number;
  readonly tradesPerSecond: number;
  readonly bookUpdatesPerSecond: number;
}

/** State of one instrument. */
export interface InstrumentHealth {
  readonly symbol: string;
  readonly connector: string;
  /** Whether its book can be traded on, and why not. */
  readonly bookState: BookState;
  /** True while `bookState` is `live`. */
  readonly bookSynced: boolean;
  /** Time since its last market data in ms, `undefined` before the first. */
  readonly lastEventAgeMs: number | undefined;
}

/** A snapshot of everything there is to know about a client's condition. Immutable. */
export interface ClientHealth {
  /** `undefined` before the start. */
  readonly backend: 'native' | 'stub' | undefined;
  readonly state: ClientState;
  /** Why the client failed, '' when it did not. */
  readonly failure: string;
  readonly connectors: readonly ConnectionHealth[];
  /** The connector that the client started for itself; `undefined` without one. */
  readonly connectorProcess: OwnedConnectorHealth | undefined;
  readonly instruments: readonly InstrumentHealth[];
  /**
   * Latencies in µs. `venue`: exchange time to connector (two clocks). `feed`: published by the
   * connector to taken by the bot. `main`: published to handled on this thread. `order`: submit
   * call to first answer handled on this thread. Counts are 0 where a connector does not report
   * its send time.
   */
  readonly latencyUs: {
    readonly venue: LatencySummary;
    readonly feed: LatencySummary;
    readonly main: LatencySummary;
    readonly order: LatencySummary;
  };
  readonly throughput: Throughput;
  readonly queues: Readonly<Record<string, QueueHealth>>;
  /** Records that wait between the bot's thread and this one. */
  readonly ringPending: number;
  /** Market-data events dropped between bot and consumer: ring and queues together. */
  readonly dropped: number;
  /** Counters of the bot; `undefined` before the start. Losses before it are in `gaps` and `lost`. */
  readonly bot: BotStats | undefined;
  /** Occasions on which messages were lost between connectors and bot. */
  readonly gaps: number;
  /** Messages lost on those occasions. */
  readonly lost: number;
  /** Messages that the bot could not decode. */
  readonly decodeErrors: number;
  /** Times a connector came back. */
  readonly reconnections: number;
  /** Time since the last record of any kind in ms, `undefined` before the first. */
  readonly lastEventAgeMs: number | undefined;
  /** Orders that this client sent. */
  readonly ordersSubmitted: number;
  /** Executions of the orders that it knows. */
  readonly fills: number;
  /**
   * Processor use of this process with all of its threads over the last full measuring interval
   * (`healthIntervalMs`): 1 is one whole core; 0 before its end. Connectors are processes of their own and not
   * in it.
   */
  readonly processorUse: number;
  readonly uptimeMs: number;
}
