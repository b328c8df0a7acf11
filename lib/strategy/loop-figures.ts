import type { Bot } from '../models/bot.js';
import type { EventView } from '../models/event-view.js';
import { LatencyHistogram } from '../models/latency-histogram.js';
import { ordersLeft } from './asked-cancels.js';
import type { StopSummary, StrategySummary } from './strategy-summary.js';

/** What a strategy loop counts. Plain fields: they change with every event. */
export class LoopFigures {
  readonly #bot: Bot;
  readonly #feedLatency = new LatencyHistogram();
  readonly #orderLatency = new LatencyHistogram();
  /** When the request was made, by orders that the connector has not answered; monotonic ns. */
  readonly #unanswered = new Map<bigint, number>();
  startNs = 0;
  nowNs = 0;
  events = 0;
  batches = 0;
  trades = 0;
  levels = 0;
  ordersSubmitted = 0;
  fills = 0;
  refusals = 0;
  longestBatchNs = 0;
  connectorErrors = 0;
  reason: StrategySummary['reason'] = 'running';

  constructor(bot: Bot) {
    this.#bot = bot;
  }

  /** Snapshots are old by nature: they say nothing about the way here. */
  measure(view: EventView): void {
    if (view.sentMonoNs > 0 && !view.isSnapshot && !view.isSynthetic) {
      this.#feedLatency.record(this.nowNs - view.sentMonoNs);
    }
  }

  /** A request is on its way. */
  requested(orderId: bigint, atNs: number): void {
    this.#unanswered.set(orderId, atNs);
  }

  /** An order was reported. Only the first answer to a request is a round trip; fills come when they come. */
  answered(view: EventView): void {
    if (this.#unanswered.size === 0) return;
    const orderId = view.orderId;
    const requestedNs = this.#unanswered.get(orderId);
    if (requestedNs === undefined) return;
    this.#unanswered.delete(orderId);
    this.#orderLatency.record(view.recvMonoNs - requestedNs);
  }

  summary(handlerErrors: number, stop: StopSummary): StrategySummary {
    const bot = this.#bot;
    const stats = bot.stats();
    return {
      backend: bot.backend,
      durationMs: (bot.monotonicNs() - this.startNs) / 1e6,
      reason: this.reason,
      events: this.events,
      batches: this.batches,
      trades: this.trades,
      levels: this.levels,
      longestBatchMs: this.longestBatchNs / 1e6,
      ordersSubmitted: this.ordersSubmitted,
      fills: this.fills,
      positions: bot.instruments.map((_, asset) => bot.position(asset)),
      stop,
      ordersLeft: this.reason === 'running' || bot.backend === 'stub' ? [] : ordersLeft(bot),
      gaps: stats.gaps,
      lost: stats.lost,
      dropped: stats.tapOverflow,
      handlerErrors,
      refusals: this.refusals,
      connectorErrors: this.connectorErrors,
      feedLatency: this.#feedLatency.summary(),
      orderLatency: this.#orderLatency.summary(),
    };
  }
}
