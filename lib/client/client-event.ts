import type { BalanceChange } from '../models/balance-change.js';
import type { BookLevel } from '../models/book-level.js';
import type { ConnectorError } from '../models/connector-error.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { DepthSnapshot } from '../models/depth-snapshot.js';
import type { BookStateChange } from '../models/event-from-view.js';
import type { GapNotice } from '../models/gap-notice.js';
import type { LinkChange } from '../models/link-change.js';
import type { OrderResponse } from '../models/order-response.js';
import type { PositionChange } from '../models/position-change.js';
import type { Trade } from '../models/trade.js';
import type { ClientHealth } from './client-health.js';
import type { ClientOrder } from './client-order.js';
import type { Fill, OrderState } from './order-state.js';

/** What changed in one book at once: the levels of one batch of the connector. Immutable. */
export interface BookBatch {
  readonly type: 'book_batch';
  /** Index of the instrument in the client. */
  readonly asset: number;
  readonly symbol: string;
  /** Changed bids in the order they were told; `qty` 0: the level is gone. */
  readonly bids: readonly BookLevel[];
  /** Changed asks in the order they were told. */
  readonly asks: readonly BookLevel[];
  /** True: forget the book before applying these levels (first batch after a loss or restart). */
  readonly reset: boolean;
  /** True when it belongs to a snapshot. */
  readonly snapshot: boolean;
  /** How many batches were merged into this one because the queue was full; 1 when none were. */
  readonly merged: number;
  /** Exchange time of the last level, Unix ns. */
  readonly exchTsNs: bigint;
  /** When the connector received the last level, Unix ns. */
  readonly localTsNs: bigint;
}

/** An order went from one state to the next, or was filled in part. Immutable. */
export interface OrderStateChange {
  readonly type: 'order_state';
  readonly order: ClientOrder;
  /** `undefined` for an order that this client did not know before. */
  readonly previous: OrderState | undefined;
  readonly current: OrderState;
  /** The execution that this change brought, when it brought one. */
  readonly fill?: Fill;
}

/** The link with a connector, or the connector's link with its venue, went or came back. */
export interface ConnectionChange {
  readonly type: 'connection_lost' | 'connection_restored';
  readonly connector: string;
  /** Symbols concerned. */
  readonly symbols: readonly string[];
  /** Why: the connector's process or its venue; `worker`: the client's own thread ended. */
  readonly reason: 'connector' | 'venue' | 'worker';
}

/** The connector process that the client started ended by itself. */
export interface ConnectorDeath {
  readonly type: 'connector_died';
  readonly connector: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False: it is not started again; its bot waits for somebody else to. */
  readonly willRestart: boolean;
  /** The last lines of its log, without secrets. */
  readonly stderrTail: string;
}

/** The connector process that the client started runs again. */
export interface ConnectorRestarted {
  readonly type: 'connector_restarted';
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
  /** What the connector told, for source `connector`. */
  readonly told?: ConnectorError;
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
  bookUpdate: BookBatch;
  snapshot: DepthSnapshot;
  order: OrderResponse;
  orderState: OrderStateChange;
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
  bookReset: BookStateChange;
  bookReady: BookStateChange;
  dropped: DroppedNotice;
  alarm: QueueAlarm;
  health: HealthEvent;
  state: ClientStateChange;
}

/** Names that `client.on` and `client.stream` take. */
export type ClientEventName = keyof ClientEventMap;

/** Anything that `client.events()` yields; `type` tells which. */
export type ClientEvent = ClientEventMap[ClientEventName];
