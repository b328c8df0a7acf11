import type { Bot } from '../models/bot.js';
import type { EventView } from '../models/event-view.js';
import { isFinalStatus } from '../models/order-status.js';
import { canRest } from '../orders/can-rest.js';
import { RecordKind } from '../models/record-layout.js';
import { isOwnEnd } from '../models/own-end.js';
import type { AskedCancels } from './asked-cancels.js';
import type { StopSummary } from './strategy-summary.js';

/** Longest wait for an answer between two looks at what is left to do. */
const SLICE_NS = 10_000_000;
/** A cancellation that was refused is asked for again after this long. */
const RETRY_NS = 500_000_000;

/** A bot whose stop can be undone. */
interface Resumable {
  resume(): void;
}

function isResumable(bot: Bot): bot is Bot & Resumable {
  return 'resume' in bot;
}

/** True when answers can still come: a stop is undone for that, where the bot knows how. */
function goesOn(bot: Bot): boolean {
  if (bot.closed) return false;
  if (bot.ended && isResumable(bot)) bot.resume();
  return !bot.ended;
}

/** The end of a run: what `onStop` asked for is followed until it is answered. */
export class StopWait {
  readonly #bot: Bot;
  readonly #cancels: AskedCancels;
  /** Orders that `onStop` sent, by id, with their instrument. */
  readonly #submits = new Map<bigint, number>();
  readonly #refused = new Set<bigint>();
  /** Of them those that the venue took, and ended by their own rules. */
  readonly #endedItself = new Set<bigint>();
  #isRunning = false;
  #denied = 0;
  #summary: StopSummary = {
    cancelsAsked: 0,
    canceled: 0,
    cancelsUnanswered: 0,
    submitsAsked: 0,
    submitsRefused: 0,
  };

  constructor(bot: Bot, cancels: AskedCancels) {
    this.#bot = bot;
    this.#cancels = cancels;
  }

  get summary(): StopSummary {
    return this.#summary;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** `onStop` is about to be called: what is asked for from now on counts. */
  begin(): void {
    this.#isRunning = true;
  }

  /** A new order was sent. */
  submitted(asset: number, orderId: bigint): void {
    if (this.#isRunning) this.#submits.set(orderId, asset);
  }

  /** A new order was denied on this side. */
  denied(): void {
    if (this.#isRunning) this.#denied += 1;
  }

  /**
   * Waits until what was to be cancelled has ended and what was sent is answered, `waitMs` at most, and
   * asks again for cancellations that were refused.
   *
   * @param onOrder - Called for each `Order` record.
   */
  settle(waitMs: number, onOrder: (view: EventView) => void): void {
    const bot = this.#bot;
    const asked = this.#cancels.open();
    if (goesOn(bot)) this.#wait(waitMs, onOrder);
    const left = new Set(this.#cancels.open().map(({ orderId }) => orderId));
    const ended = asked.filter(({ orderId }) => !left.has(orderId));
    this.#summary = Object.freeze({
      cancelsAsked: asked.length,
      canceled: bot.closed
        ? 0
        : ended.filter(({ asset, orderId }) => bot.order(asset, orderId)?.status === 'canceled')
            .length,
      cancelsUnanswered: left.size,
      submitsAsked: this.#submits.size + this.#denied,
      submitsRefused: this.#refused.size + this.#denied,
    });
  }

  #wait(waitMs: number, onOrder: (view: EventView) => void): void {
    const bot = this.#bot;
    let now = bot.monotonicNs();
    const endNs = now + waitMs * 1e6;
    let retryNs = now + RETRY_NS;
    while (now < endNs) {
      const isEmpty = this.#cancels.isEmpty || this.#cancels.again(now >= retryNs) === 0;
      // A stop that comes now, once more or late, ends no wait for answers: `waitMs` does.
      if ((isEmpty && !this.#isUnanswered()) || !goesOn(bot)) return;
      if (now >= retryNs) retryNs = now + RETRY_NS;
      const batch = bot.waitBatch(Math.ceil(Math.min(SLICE_NS, endNs - now)));
      now = bot.monotonicNs();
      while (batch.next()) {
        const { view } = batch;
        if (view.kind === RecordKind.Order) onOrder(view);
        else if (view.kind === RecordKind.Reject) this.#noteReject(view);
      }
    }
  }

  #noteReject(view: EventView): void {
    const { orderId, valueNumber } = view;
    const asset = this.#submits.get(orderId);
    if (asset === undefined || view.isSynthetic) return;
    if (isOwnEnd(valueNumber)) this.#endedItself.add(orderId);
    // A cancellation of what has ended is refused too.
    const status = this.#bot.order(asset, orderId)?.status;
    if (status === 'filled' || status === 'canceled' || this.#endedItself.has(orderId)) return;
    this.#refused.add(orderId);
  }

  /** True while an order of `onStop` has no answer, or cannot rest and has not ended. */
  #isUnanswered(): boolean {
    for (const [orderId, asset] of this.#submits) {
      const order = this.#bot.order(asset, orderId);
      if (order === null || isFinalStatus(order.status)) continue;
      if (!canRest(order) || order.pending === 'new') return true;
    }
    return false;
  }
}
