import type { LiveClient } from '../client/live-client.js';
import { BookState } from '../models/book-state.js';
import { latencySamples } from './latency-samples.js';
import type { MetricSample } from './server-source.js';
import type { SymbolCounts, SymbolTally } from './symbol-tally.js';

type Labels = Readonly<Record<string, string>>;

function counter(name: string, help: string, value: number, labels: Labels = {}): MetricSample {
  return { name, help, kind: 'counter', value, labels };
}

function gauge(name: string, help: string, value: number, labels: Labels = {}): MetricSample {
  return { name, help, kind: 'gauge', value, labels };
}

/** NaN while it is not known: no middle price that can be relied on, or the price of a fill was lost. */
function profit(client: LiveClient, asset: number, counts: SymbolCounts | undefined): number {
  if (counts === undefined) return NaN;
  const { cash, bought } = counts;
  if (bought === 0) return cash;
  const { bids, asks, state } = client.snapshot(asset, 1);
  const [bid, ask] = [bids[0]?.price ?? NaN, asks[0]?.price ?? NaN];
  return state === 'live' ? cash + (bought * (bid + ask)) / 2 : NaN;
}

/** By coin; left out (NaN) where a sum is not whole. */
function feesOf(counts: SymbolCounts | undefined, labels: Labels): MetricSample[] {
  const { fees = [], areFeesKnown = false } = counts ?? {};
  const help = 'What own fills cost since the start; below 0: rebates.';
  return Array.from(fees, ([coin, fee]) =>
    gauge('fees', help, areFeesKnown ? fee : NaN, { ...labels, coin }),
  );
}

/** A client for Prometheus: base units, counters that end in `_total`, labels per symbol and connector. */
export function clientSamples(client: LiveClient, tally: SymbolTally): MetricSample[] {
  const health = client.health;
  const age = (ageMs: number | undefined): number => (ageMs === undefined ? NaN : ageMs / 1000);
  return [
    counter('events_total', 'Events of every kind.', health.throughput.events),
    counter('levels_total', 'Changes of book levels.', health.throughput.levels),
    counter('orders_submitted_total', 'Orders sent.', health.ordersSubmitted),
    counter('gaps_total', 'Occasions on which messages were lost.', health.gaps),
    counter('lost_total', 'Messages lost on the way from connectors.', health.lost),
    counter('dropped_total', 'Market data dropped by full queues.', health.dropped),
    counter('decode_errors_total', 'Messages that could not be read.', health.decodeErrors),
    counter('reconnections_total', 'Times a connector came back.', health.reconnections),
    gauge('uptime_seconds', 'Time since the start of the client.', health.uptimeMs / 1000),
    gauge(
      'processor_use_ratio',
      'Processor use of this process over the last interval; 1 is one whole core.',
      health.processorUse,
    ),
    ...health.connectors.flatMap((link) => {
      const { connector, orders, environment } = link;
      const labels = { connector };
      return [
        gauge('connector_up', '1 while the connector is there.', +link.connected, labels),
        gauge(
          'connector_orders_real',
          '1 where orders are sent to a venue.',
          +(orders === 'real'),
          {
            connector,
            orders,
            environment,
          },
        ),
        gauge(
          'connector_heartbeat_age_seconds',
          'Age of the last heartbeat of the connector.',
          age(link.heartbeatAgeMs),
          labels,
        ),
      ];
    }),
    ...health.instruments.flatMap((instrument, asset) => {
      const { symbol, connector, bookState, lastEventAgeMs } = instrument;
      const labels = { symbol, connector };
      const counts = tally.of(asset);
      const position = health.state === 'running' ? client.getPosition(asset) : NaN;
      const open = client.getOrders(asset).length;
      return [
        counter('trades_total', 'Trades at the venue.', counts?.trades ?? 0, labels),
        counter('fills_total', 'Executions of own orders.', counts?.fills ?? 0, labels),
        counter('rejects_total', 'Orders that were rejected.', counts?.rejects ?? 0, labels),
        counter('denied_total', 'Orders that this side did not send.', counts?.denied ?? 0, labels),
        gauge(
          'pnl',
          'Profit of own fills since the start, what they bought at the middle price, before fees.',
          profit(client, asset, counts),
          labels,
        ),
        ...feesOf(counts, labels),
        gauge('position', 'Signed position in units of the symbol.', position, labels),
        gauge('open_orders', 'Own orders that have not ended.', open, labels),
        gauge(
          'market_data_age_seconds',
          'Time since the last market data.',
          age(lastEventAgeMs),
          labels,
        ),
        gauge('book_synced', '1 while the book is live.', +instrument.bookSynced, labels),
        ...Object.values(BookState).map((state) =>
          gauge('book_state', '1 for the state that the book is in.', +(bookState === state), {
            ...labels,
            state,
          }),
        ),
      ];
    }),
    ...Object.entries(health.latencyUs).flatMap(([hop, latency]) =>
      latencySamples('latency_seconds', 'Latency per hop since the start.', latency, { hop }),
    ),
  ];
}
