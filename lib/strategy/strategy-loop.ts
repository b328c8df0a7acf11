import { asError } from '../models/as-error.js';
import { OrderIdSource } from '../bot/order-id-source.js';
import type { Bot } from '../models/bot.js';
import { balanceFromView, connectorErrorFromView } from '../models/event-from-view.js';
import type { EventView } from '../models/event-view.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { LatencyHistogram } from '../models/latency-histogram.js';
import { isFinalStatus } from '../models/order-status.js';
import { RecordKind } from '../models/record-layout.js';
import type { RecordReader } from '../models/record-reader.js';
import { ordersLeft } from './asked-cancels.js';
import { goesOn } from './goes-on.js';
import type { OrderBoard } from './order-board.js';
import { StartWatch } from './start-watch.js';
import { BotStrategyContext } from './strategy-context.js';
import type { Strategy } from './strategy.js';
import type { StrategySummary } from './strategy-summary.js';

/** How to run a strategy on a bot of your own. */
export interface StrategyLoopOptions {
  /** Most records that one batch hands over; 1 is lockstep. Default: the bot's buffer. */
  readonly maxBatch?: number;
  /** Longest wait for a batch, ms. Default 50: how late a timer or a stop can be at worst. */
  readonly waitMs?: number;
  /** Ends the loop after so long by the bot's clock. Default: never. */
  readonly durationMs?: number;
  /** Ends the loop when a connector is not there so long after the start, ms. Default: it is waited for. */
  readonly connectTimeoutMs?: number;
  /** A word in shared memory: the loop ends once another thread has set it. */
  readonly stop?: Int32Array;
  /**
   * How long the end of the loop waits, after `onStop`, until cancellations that the strategy asked
   * for are answered, ms. Handlers are not called meanwhile. Default 3000.
   */
  readonly stopWaitMs?: number;
  /** How often `onProgress` is called, ms. Default: never. */
  readonly progressMs?: number;
  /** Called with the figures so far, on the thread of the loop. */
  readonly onProgress?: (summary: StrategySummary) => void;
  /** Called with what `ctx.log` is given. Default: nothing. */
  readonly onLog?: (text: string, values: Readonly<Record<string, unknown>> | undefined) => void;
  /** Default: a new source for the bot's id. */
  readonly orderIds?: OrderIdSource;
}

const KEYS = knownKeys<StrategyLoopOptions>({
  maxBatch: true,
  waitMs: true,
  durationMs: true,
  connectTimeoutMs: true,
  stop: true,
  stopWaitMs: true,
  progressMs: true,
  onProgress: true,
  onLog: true,
  orderIds: true,
});

const STOP_WAIT_MS = 3_000;
/** Longest wait for an answer between two looks at what is left to cancel. */
const SETTLE_WAIT_NS = 10_000_000;
/** A cancellation that was refused is asked for again after this long. */
const RETRY_NS = 500_000_000;

/** The clock is read once per this many events of a batch: cheap, and no event waits unmeasured. */
const CLOCK_EVERY = 16;

/**
 * Runs a strategy on a bot until it is stopped, its time is over or the bot has ended. Blocks the
 * calling thread. Allocates nothing per event: handlers see one moving view.
 *
 * The bot stays open: the caller closes it.
 *
 * @throws HftError what the bot's waits throw (`ERR_CLOSED`, `ERR_NATIVE_PANIC`); never what a
 * handler throws. `ERR_INVALID_ARGUMENT` for an unknown option. After `onStop`, when it got no market: an
 * instrument that its connector refuses before its book was ever live (`ERR_INSTRUMENT_NOT_FOUND`,
 * `ERR_INVALID_ARGUMENT`), a connector that was not there in time, or never (`ERR_CONNECTOR_DOWN`).
 */
export function runStrategyLoop(
  bot: Bot,
  strategy: Strategy,
  options: StrategyLoopOptions = {},
): StrategySummary {
  return new StrategyLoop(bot, strategy, checkKeys(options, KEYS, '')).run();
}

/** The same; what may be open of the orders stands on the board. */
export function runLoopWithBoard(
  bot: Bot,
  strategy: Strategy,
  options: StrategyLoopOptions,
  board: OrderBoard,
): StrategySummary {
  return new StrategyLoop(bot, strategy, options, board).run();
}

function noteOnBoard(board: OrderBoard, view: EventView): void {
  const { asset, orderId } = view;
  if (isFinalStatus(view.orderStatus)) board.drop(asset, orderId);
  else board.put(asset, orderId, !view.isBuy, view.price, view.leavesQty, true);
}

class StrategyLoop {
  private readonly bot: Bot;
  private readonly strategy: Strategy;
  private readonly options: StrategyLoopOptions;
  private readonly board: OrderBoard | undefined;
  /** A new order's id, while nothing has been known of it before. */
  private isNewOnBoard = false;
  private readonly ctx: BotStrategyContext;
  private readonly watch: StartWatch;
  private readonly feedLatency = new LatencyHistogram();
  private readonly orderLatency = new LatencyHistogram();
  /** When the request was made, by orders that the connector has not answered; monotonic ns. */
  private readonly unanswered = new Map<bigint, number>();
  private stopAsked = false;
  private startNs = 0;
  private nowNs = 0;
  private events = 0;
  private batches = 0;
  private trades = 0;
  private levels = 0;
  private ordersSubmitted = 0;
  private fills = 0;
  private handlerErrors = 0;
  private connectorErrors = 0;
  private reason: StrategySummary['reason'] = 'running';

  constructor(bot: Bot, strategy: Strategy, options: StrategyLoopOptions, board?: OrderBoard) {
    this.bot = bot;
    this.board = board;
    this.strategy = strategy;
    this.options = options;
    this.watch = new StartWatch(bot, {
      connectTimeoutMs: options.connectTimeoutMs,
      onLog: (text) => options.onLog?.(text, undefined),
    });
    this.ctx = new BotStrategyContext(bot, options.orderIds ?? new OrderIdSource(bot.botId), {
      log: (text, values) => options.onLog?.(text, values),
      stop: () => {
        this.stopAsked = true;
      },
      sending: (asset, orderId, isSell, price, qty) => {
        this.isNewOnBoard = board?.has(asset, orderId) === false;
        // What is no number is refused by the bot.
        if (this.isNewOnBoard && typeof price === 'number' && typeof qty === 'number')
          board?.put(asset, orderId, isSell, price, qty, false);
      },
      notSent: (asset, orderId) => {
        if (this.isNewOnBoard) board?.drop(asset, orderId);
      },
      requested: (orderId, atNs, submitted) => {
        if (submitted) this.ordersSubmitted += 1;
        this.unanswered.set(orderId, atNs);
      },
    });
  }

  run(): StrategySummary {
    const { bot, strategy, options } = this;
    const stop = options.stop;
    const waitNs = Math.round((options.waitMs ?? 50) * 1e6);
    const timerNs =
      strategy.onTimer === undefined ? Infinity : (strategy.timerMs ?? Infinity) * 1e6;
    const progressNs =
      options.onProgress === undefined ? Infinity : (options.progressMs ?? Infinity) * 1e6;
    this.startNs = bot.monotonicNs();
    this.nowNs = this.startNs;
    const endNs = this.startNs + (options.durationMs ?? Infinity) * 1e6;
    let timerDueNs = this.startNs + timerNs;
    let progressDueNs = this.startNs + progressNs;
    this.call('onStart');
    for (;;) {
      if (this.stopAsked || (stop !== undefined && Atomics.load(stop, 0) !== 0)) {
        this.reason = 'stopped';
        break;
      }
      const dueNs = Math.min(timerDueNs, progressDueNs, endNs) - this.nowNs;
      const timeoutNs = dueNs >= waitNs ? waitNs : dueNs > 0 ? Math.ceil(dueNs) : 0;
      const batch = bot.waitBatch(timeoutNs, options.maxBatch);
      this.nowNs = bot.monotonicNs();
      if (batch.count > 0) this.handOver(batch);
      else if (bot.ended) {
        this.reason = this.stopWord(stop) ? 'stopped' : 'end_of_data';
        break;
      }
      if (this.nowNs >= timerDueNs) {
        this.call('onTimer');
        // Timers that were missed are not made up for.
        timerDueNs = Math.max(timerDueNs + timerNs, this.nowNs);
      }
      if (this.nowNs >= progressDueNs) {
        options.onProgress?.(this.summary());
        progressDueNs = this.nowNs + progressNs;
      }
      this.watch.look(this.nowNs - this.startNs);
      if (this.watch.failure !== undefined) break;
      if (this.nowNs >= endNs) {
        this.reason = 'duration';
        break;
      }
    }
    this.call('onStop');
    this.settle();
    if (this.reason === 'duration') this.watch.end(this.nowNs - this.startNs);
    if (this.watch.failure !== undefined) throw this.watch.failure;
    return this.summary();
  }

  /** Waits until what was to be cancelled has ended, and asks again for what was refused. */
  private settle(): void {
    const { bot, ctx } = this;
    if (ctx.cancels.isEmpty || !goesOn(bot)) return;
    let now = bot.monotonicNs();
    const endNs = now + (this.options.stopWaitMs ?? STOP_WAIT_MS) * 1e6;
    let retryNs = now + RETRY_NS;
    while (now < endNs && ctx.cancels.again(now >= retryNs) > 0) {
      if (now >= retryNs) retryNs = now + RETRY_NS;
      const batch = bot.waitBatch(Math.ceil(Math.min(SETTLE_WAIT_NS, endNs - now)));
      now = bot.monotonicNs();
      while (batch.next()) if (batch.view.kind === RecordKind.Order) this.noteOrder(batch.view);
    }
  }

  private stopWord(stop: Int32Array | undefined): boolean {
    return this.bot.backend === 'native' || (stop !== undefined && Atomics.load(stop, 0) !== 0);
  }

  private handOver(batch: RecordReader): void {
    const { view } = batch;
    let turn = 0;
    while (batch.next()) {
      if (turn === CLOCK_EVERY) {
        turn = 0;
        this.nowNs = this.bot.monotonicNs();
      }
      turn += 1;
      this.events += 1;
      try {
        this.dispatch(view);
      } catch (error) {
        this.contain(error);
      }
    }
    this.batches += 1;
    if (this.strategy.onBatch !== undefined) this.call('onBatch');
  }

  private dispatch(view: EventView): void {
    const { strategy, ctx } = this;
    switch (view.kind) {
      case RecordKind.Trade:
        this.trades += 1;
        this.measure(view);
        this.refusePromise(strategy.onTrade?.(ctx, view));
        break;
      case RecordKind.Depth:
        this.levels += 1;
        this.measure(view);
        this.refusePromise(strategy.onLevel?.(ctx, view));
        break;
      case RecordKind.Order:
        this.noteOrder(view);
        this.refusePromise(strategy.onExecutionReport?.(ctx, view));
        break;
      case RecordKind.Position:
        this.refusePromise(strategy.onPosition?.(ctx, view));
        break;
      case RecordKind.Balance:
        this.ctx.keepBalance(balanceFromView(view, this.bot.instruments));
        this.refusePromise(strategy.onBalance?.(ctx, view));
        break;
      case RecordKind.Notice:
        this.refusePromise(strategy.onNotice?.(ctx, view));
        break;
      case RecordKind.Link:
        this.ctx.noteLink(view.linkState, view.asset);
        this.refusePromise(strategy.onLink?.(ctx, view));
        break;
      case RecordKind.Gap:
        this.refusePromise(strategy.onGap?.(ctx, view));
        break;
      case RecordKind.BookState:
        if (view.bookState === 'live') this.watch.onLive(view.asset);
        this.refusePromise(strategy.onBookState?.(ctx, view));
        break;
      case RecordKind.Error:
      case RecordKind.Reject:
        this.reportError(view);
        break;
      default:
        break;
    }
  }

  /** Snapshots are old by nature: they say nothing about the way here. */
  private measure(view: EventView): void {
    if (view.sentMonoNs > 0 && !view.isSnapshot && !view.isSynthetic) {
      this.feedLatency.record(this.nowNs - view.sentMonoNs);
    }
  }

  private noteOrder(view: EventView): void {
    if (this.board !== undefined) noteOnBoard(this.board, view);
    if (view.isSnapshot) return;
    if (!this.ctx.cancels.isEmpty && isFinalStatus(view.orderStatus))
      this.ctx.cancels.ended(view.asset, view.orderId);
    if (view.execQty > 0) {
      const status = view.orderStatus;
      if (status === 'filled' || status === 'partially_filled') this.fills += 1;
    }
    // Only the first answer to a request is a round trip; fills come when they come.
    if (this.unanswered.size === 0) return;
    const requestedNs = this.unanswered.get(view.orderId);
    if (requestedNs === undefined) return;
    this.unanswered.delete(view.orderId);
    this.orderLatency.record(view.recvMonoNs - requestedNs);
  }

  private reportError(view: EventView): void {
    this.connectorErrors += 1;
    const reported = connectorErrorFromView(view, this.bot.instruments);
    this.watch.onError(reported);
    const { kind, text, orderId, value, symbol } = reported;
    const order = orderId === undefined ? '' : ` order ${String(orderId)}`;
    const what = `${symbol}:${order} ${kind} ${String(value)} ${text}`.trimEnd();
    this.strategy.onError?.(
      this.ctx,
      new HftError('ERR_CUSTOM', `The connector reported: ${what}.`),
    );
  }

  private call(handler: 'onStart' | 'onBatch' | 'onTimer' | 'onStop'): void {
    try {
      this.refusePromise(this.strategy[handler]?.(this.ctx));
    } catch (error) {
      this.contain(error);
    }
  }

  /**
   * The loop holds the thread: what an async handler does after its first `await` would only run
   * when the strategy has ended, and what it throws would go unheard.
   */
  private refusePromise(result: unknown): void {
    if (!(result instanceof Promise)) return;
    result.catch(() => undefined);
    throw new HftError('ERR_STRATEGY_MODULE', 'A handler returned a promise.', {
      remedy: 'Handlers are synchronous: make it a plain function without `async` and `await`.',
    });
  }

  private contain(error: unknown): void {
    this.handlerErrors += 1;
    const failure = asError(error);
    if (this.strategy.onError === undefined) {
      if (this.handlerErrors === 1)
        this.options.onLog?.(
          `A handler threw. Later exceptions are only counted (handlerErrors); onError gets each. ${failure.stack ?? failure.message}`,
          undefined,
        );
      return;
    }
    try {
      this.strategy.onError(this.ctx, failure);
    } catch {
      this.handlerErrors += 1;
    }
  }

  private summary(): StrategySummary {
    const stats = this.bot.stats();
    return {
      backend: this.bot.backend,
      durationMs: (this.bot.monotonicNs() - this.startNs) / 1e6,
      reason: this.reason,
      events: this.events,
      batches: this.batches,
      trades: this.trades,
      levels: this.levels,
      ordersSubmitted: this.ordersSubmitted,
      fills: this.fills,
      positions: this.bot.instruments.map((_, asset) => this.bot.position(asset)),
      ordersLeft:
        this.reason === 'running' || this.bot.backend === 'stub' ? [] : ordersLeft(this.bot),
      gaps: stats.gaps,
      lost: stats.lost,
      dropped: stats.tapOverflow,
      handlerErrors: this.handlerErrors,
      connectorErrors: this.connectorErrors,
      feedLatency: this.feedLatency.summary(),
      orderLatency: this.orderLatency.summary(),
    };
  }
}
