import type { StrategySummary } from '../../lib/strategy/strategy-summary.js';

const latency = {
  count: 9,
  p50Us: 2.5,
  p90Us: 3,
  p99Us: 1_500,
  p999Us: 2_000,
  maxUs: 2_000,
  meanUs: 3,
  octaves: [],
};

/** A summary of a run that has figures of every kind. */
export const strategySummary: StrategySummary = {
  backend: 'native',
  durationMs: 2_000,
  reason: 'running',
  events: 5_000_000,
  batches: 1,
  longestBatchMs: 0.1,
  trades: 70_000,
  levels: 900_000,
  ordersSubmitted: 12_345,
  fills: 7_654,
  positions: [-0.02],
  stop: {
    cancelsAsked: 0,
    canceled: 0,
    cancelsUnanswered: 0,
    submitsAsked: 0,
    submitsRefused: 0,
  },
  ordersLeft: [],
  gaps: 1,
  lost: 0,
  dropped: 3,
  handlerErrors: 0,
  refusals: 0,
  connectorErrors: 0,
  feedLatency: latency,
  orderLatency: latency,
};
