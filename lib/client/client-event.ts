import type { BalanceChange } from '../models/balance-change.js';
import type { BookUpdate } from '../models/book-update.js';
import type { ConnectorError } from '../models/connector-error.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { BookRebuild, BookStateChange } from '../models/event-from-view.js';
import type { GapNotice } from '../models/gap-notice.js';
import type { NamesOf } from '../models/known-keys.js';
import type { LinkChange } from '../models/link-change.js';
import type { OrderResponse } from '../models/order-response.js';
import type { PositionChange } from '../models/position-change.js';
import type { Trade } from '../models/trade.js';
import type { ClientHealth } from './client-health.js';
import type { OrderUpdate } from '../orders/order-update.js';

/** The link with a connector, or the connector's link with its venue, went or came back. */
export interface ConnectionChange {
  readonly type: 'connectionLost' | 'connectionRestored';
  readonly connector: string;
  /** Symbols concerned. */
  readonly symbols: readonly string[];
  /** Why: the connector's process or its venue; `worker`: the client's own thread ended. */
  readonly reason: 'connector' | 'venue' | 'worker';
}

/** The connector process that the client started ended by itself. */
export interface ConnectorDeath {
  readonly type: 'connectorDied';
  readonly connector: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False: it is not started again; its bot waits until another program starts it. */
  readonly willRestart: boolean;
  /** The last lines of its log, without secrets. */
  readonly stderrTail: string;
}

/** The connector process that the client started runs again. */
export interface ConnectorRestarted {
  readonly type: 'connectorRestarted';
  readonly connector: string;
  /** Restarts since the client was started. */
  readonly restarts: number;
}

/** An error, wherever it came from. */
export interface ClientErrorEvent {
  readonly type: 'error';
  /** An `HftError` except for what a user's handler threw. */
  readonly error: Error;
  readonly source: 'connector' | 'handler' | 'worker' | 'client';
  /** What the connector reported, for source `connector`. */
  readonly reported?: ConnectorError;
}

/** Events went unread; at most one notice per queue and second. */
export interface DroppedNotice {
  readonly type: 'dropped';
  /** Name of the queue; `ring` between the bot's thread and this one. */
  readonly queue: string;
  /** Dropped since the last notice. */
  readonly count: number;
  /** Dropped since the start. */
  readonly total: number;
}

/** A queue that may not drop holds more than its capacity: its consumer is too slow. */
export interface QueueAlarm {
  readonly type: 'alarm';
  readonly queue: string;
  readonly size: number;
}

/**
 * The thread of the client did nothing else for so long: a handler, or other code of the program, did not
 * return. Events waited meanwhile, and orders were not looked after.
 */
export interface ThreadBlocked {
  readonly type: 'blocked';
  /** How long, ms, to within a quarter of a second. */
  readonly durationMs: number;
}

/** Where a client is in its life. `failed`: its thread ended by itself; only `close()` is left. */
export type ClientState =
  'created' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed' | 'closed';

/** The client went from one state of its life to the next. */
export interface ClientStateChange {
  readonly type: 'state';
  readonly previous: ClientState;
  readonly current: ClientState;
}

/** Periodic health. */
export interface HealthEvent {
  readonly type: 'health';
  readonly health: ClientHealth;
}

/** Every event by the name that `client.on` takes. */
export interface ClientEventMap {
  trade: Trade;
  bookUpdate: BookUpdate;
  snapshot: DepthSnapshot;
  executionReport: OrderResponse;
  orderUpdate: OrderUpdate;
  position: PositionChange;
  balance: BalanceChange;
  notice: ConnectorNotice;
  error: ClientErrorEvent;
  link: LinkChange;
  connectionLost: ConnectionChange;
  connectionRestored: ConnectionChange;
  connectorDied: ConnectorDeath;
  connectorRestarted: ConnectorRestarted;
  gap: GapNotice;
  bookReset: BookRebuild;
  bookReady: BookRebuild;
  bookState: BookStateChange;
  dropped: DroppedNotice;
  alarm: QueueAlarm;
  blocked: ThreadBlocked;
  health: HealthEvent;
  state: ClientStateChange;
}

/** The names of {@link ClientEventMap}. */
export const CLIENT_EVENTS: NamesOf<ClientEventMap> = {
  trade: true,
  bookUpdate: true,
  snapshot: true,
  executionReport: true,
  orderUpdate: true,
  position: true,
  balance: true,
  notice: true,
  error: true,
  link: true,
  connectionLost: true,
  connectionRestored: true,
  connectorDied: true,
  connectorRestarted: true,
  gap: true,
  bookReset: true,
  bookReady: true,
  dropped: true,
  alarm: true,
  blocked: true,
  health: true,
  bookState: true,
  state: true,
};

/** Names that `client.on` and `client.stream` take. */
export type ClientEventName = keyof ClientEventMap;

/** Anything that `client.events()` yields; `type` tells which. */
export type ClientEvent = ClientEventMap[ClientEventName];
