export { LiveClient } from './live-client.js';
export { ClientEvents } from './client-events.js';
export type { LiveClientOptions } from './client-options.js';
export type {
  BookBatch,
  ClientErrorEvent,
  ClientEvent,
  ClientEventMap,
  ClientEventName,
  ClientState,
  ClientStateChange,
  ConnectionChange,
  ConnectorDeath,
  ConnectorRestarted,
  DroppedNotice,
  HealthEvent,
  OrderStateChange,
  QueueAlarm,
} from './client-event.js';
export type { ClientHealth, InstrumentHealth, Throughput } from './client-health.js';
export type { ClientOrder, RejectReason } from './client-order.js';
export type { ClientHandler, QueueName, QueueSettings } from './event-hub.js';
export type { QueueHealth, QueuePolicy } from '../models/event-queue.js';
export { EventStream } from './event-stream.js';
export type {
  CancelOutcome,
  ClientOrderRequest,
  Denied,
  DenyRule,
  ModifyOutcome,
  OrderOutcome,
  Rejected,
  Unknown,
} from './order-outcome.js';
export { isTerminal, type Fill, type OrderState } from './order-state.js';
export { TokenBucket, type RateLimit } from './token-bucket.js';
export type { ClientPort } from './client-port.js';
export type { ClientSession, OpenSession, SessionContext } from './client-session.js';
export type { RingMemory } from './ring.js';
