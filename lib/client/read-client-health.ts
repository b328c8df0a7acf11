import { connectionHealth } from '../bot/native-link.js';
import type { ClientCore } from './client-core.js';
import type { ClientState } from './client-event.js';
import type { ClientHealth } from './client-health.js';

/**
 * The condition of a client now.
 *
 * @param failure - Why the client failed, '' when it did not.
 * @param startedMs - `performance.now()` of the start; 0 before it.
 */
export function readClientHealth(
  core: ClientCore,
  state: ClientState,
  failure: string,
  startedMs: number,
): ClientHealth {
  const { metrics, session } = core;
  const bot = session?.port.stats() ?? undefined;
  const now = performance.now();
  const age = (sinceMs: number): number | undefined =>
    Number.isNaN(sinceMs) ? undefined : now - sinceMs;
  return {
    backend: session?.backend,
    state,
    failure,
    connectors: (session?.port.links() ?? []).map(connectionHealth),
    connectorProcess: core.connector.health,
    instruments: core.instruments.map((instrument) => ({
      symbol: instrument.spec.symbol,
      connector: instrument.spec.connector,
      bookState: instrument.bookState,
      bookSynced: instrument.bookState === 'live',
      lastEventAgeMs: age(instrument.lastEventMs),
    })),
    latencyUs: {
      venue: metrics.venue.summary(),
      feed: metrics.feed.summary(),
      main: metrics.main.summary(),
      order: metrics.order.summary(),
    },
    throughput: metrics.throughput(),
    queues: core.hub.health(),
    ringPending: core.ringPending,
    dropped: core.notices.total,
    bot,
    gaps: metrics.gaps,
    lost: metrics.lost,
    decodeErrors: bot?.decodeErrors ?? 0,
    reconnections: metrics.reconnections,
    lastEventAgeMs: age(metrics.lastEventMs),
    ordersSubmitted: core.orders.submitted,
    fills: core.orders.fills,
    processorUse: metrics.processor.share,
    uptimeMs: startedMs === 0 ? 0 : now - startedMs,
  };
}
