export { LiveClient, type OrderListOptions } from './live-client.js';
export { watchRun, type WatchRunOptions } from './watch-run.js';
export type { ClientEvents } from './client-events.js';
export type { LiveClientOptions } from './client-options.js';
export type {
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
  QueueAlarm,
  ThreadBlocked,
} from './client-event.js';
export type { ClientHealth, InstrumentHealth, Throughput } from './client-health.js';
export type { ClientOrder, RejectReason } from '../orders/client-order.js';
export type { ClientHandler, QueueName, QueueSettings } from './event-hub.js';
export type { QueueHealth, QueuePolicy } from '../models/event-queue.js';
export type { EventStream } from './event-stream.js';
export type { RateLimit } from './token-bucket.js';
export type { QuoteOutcomes } from './send-quotes.js';
