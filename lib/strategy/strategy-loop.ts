import { OrderIdSource } from '../bot/order-id-source.js';
import type { Bot } from '../models/bot.js';
import { balanceFromView, connectorErrorFromView } from '../models/event-from-view.js';
import type { EventView } from '../models/event-view.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { isFinalStatus } from '../models/order-status.js';
import { RecordKind } from '../models/record-layout.js';
import type { RecordReader } from '../models/record-reader.js';
import { isOwnEnd } from '../models/own-end.js';
import { HandlerCalls } from './handler-calls.js';
import { LoopFigures } from './loop-figures.js';
import type { OrderBoard } from './order-board.js';
import { OrderTracker } from './order-tracker.js';
import { waitForStart } from './start-wait.js';
import { StartWatch } from './start-watch.js';
import { StopWait } from './stop-wait.js';
import { BotStrategyContext, type ContextHost } from './strategy-context.js';
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
   * How long `onStart` waits for the connectors to report positions and open orders, ms. Default 5000.
   * What comes meanwhile is handed over after it. 0 waits for nothing.
   */
  readonly startWaitMs?: number;
  /**
   * How long the end of the loop waits, after `onStop`, until what the strategy asked for is
   * answered, ms. Handlers are not called meanwhile. Default 3000.
   */
  readonly stopWaitMs?: number;
  /** How often `onProgress` is called, ms. Default: never. */
  readonly progressMs?: number;
  /** Called with the figures so far, on the thread of the loop. */
  readonly onProgress?: (summary: StrategySummary) => void;
  /** Called with what `ctx.log` is given. Default: nothing. */
  readonly onLog?: (text: string, values: Readonly<Record<string, unknown>> | undefined) => void;
  /** Called with what a handler throws, before `onError` of the strategy. Default: nothing. */
  readonly onHandlerError?: (error: Error) => void;
  /** Default: a new source for the bot's id. */
  readonly orderIds?: OrderIdSource;
}

const KEYS = knownKeys<StrategyLoopOptions>({
  maxBatch: true,
  waitMs: true,
  durationMs: true,
  connectTimeoutMs: true,
  stop: true,
  startWaitMs: true,
  stopWaitMs: true,
  progressMs: true,
  onProgress: true,
  onLog: true,
  onHandlerError: true,
  orderIds: true,
});

const STOP_WAIT_MS = 3_000;
const START_WAIT_MS = 5_000;
/** Handlers that hold the loop for so long are reported, so often at most. */
const BLOCKED_NS = 1e9;
const SAY_BLOCKED_NS = 10e9;

/** Codes of connector and exchange that have no such order any more. */
const ENDED_BEFORE: ReadonlySet<number> = new Set([1008, 3006, 3007]);

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
  checkLoop(bot, strategy);
  return new StrategyLoop(bot, strategy, checkKeys(options, KEYS, '')).run();
}

/** Callers without types get a word on what is missing, not an error from inside. */
function checkLoop(bot: unknown, strategy: unknown): void {
  if (typeof bot !== 'object' || bot === null || !('waitBatch' in bot))
    invalid('bot', bot, 'must be a bot, for example of create()');
  if (typeof strategy !== 'object' || strategy === null)
    invalid('strategy', strategy, 'must be an object with handlers');
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
  private readonly handlers: HandlerCalls;
  private readonly figures: LoopFigures;
  private readonly stopWait: StopWait;
  /** Kept only for a strategy that wants to know: it takes an object per report. */
  private readonly tracker: OrderTracker | undefined;
  private stopAsked = false;
  private saidBlockedNs = -Infinity;

  constructor(bot: Bot, strategy: Strategy, options: StrategyLoopOptions, board?: OrderBoard) {
    this.bot = bot;
    this.board = board;
    this.strategy = strategy;
    this.options = options;
    this.watch = new StartWatch(bot, {
      connectTimeoutMs: options.connectTimeoutMs,
      onLog: (text) => options.onLog?.(text, undefined),
    });
    this.figures = new LoopFigures(bot);
    const ids = options.orderIds ?? new OrderIdSource(bot.botId);
    this.ctx = new BotStrategyContext(bot, ids, this.host());
    this.handlers = new HandlerCalls(strategy, this.ctx, options);
    this.stopWait = new StopWait(bot, this.ctx.cancels);
    if (strategy.onOrderUpdate !== undefined)
      this.tracker = new OrderTracker(
        bot.instruments,
        () => Number(bot.currentTimestampNs() / 1_000_000n),
        this.handlers.orderUpdate,
      );
  }

  /** What the context reports here. */
  private host(): ContextHost {
    const { board, figures, options } = this;
    return {
      log: (text, values) => options.onLog?.(text, values),
      stop: () => {
        this.stopAsked = true;
      },
      isStopping: () => this.stopWait.isRunning,
      sending: (asset, orderId, isSell, price, qty) => {
        this.isNewOnBoard = board?.has(asset, orderId) === false;
        // What is no number is refused by the bot.
        if (this.isNewOnBoard && typeof price === 'number' && typeof qty === 'number')
          board?.put(asset, orderId, isSell, price, qty, false);
      },
      notSent: (asset, orderId) => {
        if (this.isNewOnBoard) board?.drop(asset, orderId);
        this.stopWait.denied();
      },
      submitted: (asset, orderId, order, price, atNs) => {
        figures.ordersSubmitted += 1;
        figures.requested(orderId, atNs);
        this.stopWait.submitted(asset, orderId);
        if (this.tracker === undefined) return;
        const { side, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
        this.tracker.sent(asset, orderId, { side, price, qty, timeInForce, orderType });
      },
      cancelSent: (orderId, atNs) => {
        figures.requested(orderId, atNs);
        this.tracker?.cancelSent(orderId);
      },
      cancelAllSent: (asset) => {
        this.tracker?.cancelAllSent(asset);
      },
      changeSent: (orderId, price, qty, atNs) => {
        figures.requested(orderId, atNs);
        this.tracker?.changeSent(orderId, price, qty);
      },
    };
  }

  run(): StrategySummary {
    const { bot, strategy, options, figures } = this;
    const waitNs = Math.round((options.waitMs ?? 50) * 1e6);
    const timerNs =
      strategy.onTimer === undefined ? Infinity : (strategy.timerMs ?? Infinity) * 1e6;
    const progressNs =
      options.onProgress === undefined ? Infinity : (options.progressMs ?? Infinity) * 1e6;
    figures.startNs = bot.monotonicNs();
    const endNs = figures.startNs + (options.durationMs ?? Infinity) * 1e6;
    this.start(Math.min(endNs - figures.startNs, (options.connectTimeoutMs ?? Infinity) * 1e6));
    figures.nowNs = bot.monotonicNs();
    let timerDueNs = figures.nowNs + timerNs;
    let progressDueNs = figures.nowNs + progressNs;
    for (;;) {
      if (this.isStopAsked()) {
        figures.reason = 'stopped';
        break;
      }
      const dueNs = Math.min(timerDueNs, progressDueNs, endNs) - figures.nowNs;
      const timeoutNs = dueNs >= waitNs ? waitNs : dueNs > 0 ? Math.ceil(dueNs) : 0;
      const batch = bot.waitBatch(timeoutNs, options.maxBatch);
      const nowNs = (figures.nowNs = bot.monotonicNs());
      if (batch.count > 0) this.handOver(batch, true);
      else if (bot.ended) {
        const isStopped = bot.backend === 'native' || this.isStopAsked();
        figures.reason = isStopped ? 'stopped' : 'end_of_data';
        break;
      }
      if (nowNs >= timerDueNs) {
        this.handlers.call('onTimer');
        // Timers that were missed are not made up for.
        timerDueNs = Math.max(timerDueNs + timerNs, nowNs);
      }
      if (nowNs >= progressDueNs) {
        options.onProgress?.(this.summary());
        progressDueNs = nowNs + progressNs;
      }
      this.watch.look(nowNs - figures.startNs);
      if (this.watch.failure !== undefined) break;
      if (nowNs >= endNs) {
        figures.reason = 'duration';
        break;
      }
    }
    this.stopWait.begin();
    this.handlers.call('onStop');
    this.stopWait.settle(options.stopWaitMs ?? STOP_WAIT_MS, (view) => {
      this.noteOrder(view);
    });
    if (figures.reason === 'duration') this.watch.end(figures.nowNs - figures.startNs);
    if (this.watch.failure !== undefined) throw this.watch.failure;
    return this.summary();
  }

  /** Calls `onStart` when it can know what is there, then hands over what came before. */
  private start(longestNs: number): void {
    const { bot, options } = this;
    const startWaitNs = Math.min((options.startWaitMs ?? START_WAIT_MS) * 1e6, longestNs);
    const beganNs = bot.monotonicNs();
    const { records, unknown } = waitForStart(bot, startWaitNs, () => {
      this.watch.look(bot.monotonicNs() - beganNs);
      return this.isStopAsked() || this.watch.failure !== undefined;
    });
    if (unknown.length > 0 && !this.isStopAsked() && !bot.ended)
      options.onLog?.(
        `The strategy starts without knowing position and open orders of ${unknown.join(', ')}: no answer of the connector yet.`,
        undefined,
      );
    this.handlers.call('onStart');
    if (records !== undefined) this.handOver(records, false);
  }

  private isStopAsked(): boolean {
    const { stop } = this.options;
    return this.stopAsked || (stop !== undefined && Atomics.load(stop, 0) !== 0);
  }

  /** @param isFresh - False for events that have waited here: they say nothing about the way. */
  private handOver(batch: RecordReader, isFresh: boolean): void {
    const { figures } = this;
    const { view } = batch;
    const beganNs = this.bot.monotonicNs();
    let turn = 0;
    while (batch.next()) {
      if (turn === CLOCK_EVERY) {
        turn = 0;
        figures.nowNs = this.bot.monotonicNs();
      }
      turn += 1;
      figures.events += 1;
      try {
        this.dispatch(view, isFresh);
      } catch (error) {
        this.handlers.contain(error);
      }
    }
    figures.batches += 1;
    if (this.strategy.onBatch !== undefined) this.handlers.call('onBatch');
    this.noteTime(beganNs);
  }

  /** Handlers hold the loop, so their time is everybody's. */
  private noteTime(beganNs: number): void {
    const { figures } = this;
    const nowNs = this.bot.monotonicNs();
    const spentNs = nowNs - beganNs;
    if (spentNs <= figures.longestBatchNs && spentNs < BLOCKED_NS) return;
    figures.longestBatchNs = Math.max(figures.longestBatchNs, spentNs);
    if (spentNs < BLOCKED_NS || nowNs < this.saidBlockedNs + SAY_BLOCKED_NS) return;
    this.saidBlockedNs = nowNs;
    this.options.onLog?.(
      `The handlers held the loop for ${String(Math.round(spentNs / 1e6))} ms: meanwhile no event, timer or stop was looked at.`,
      undefined,
    );
  }

  private dispatch(view: EventView, isFresh: boolean): void {
    const { strategy, ctx, handlers, figures } = this;
    switch (view.kind) {
      case RecordKind.Trade:
        figures.trades += 1;
        if (isFresh) figures.measure(view);
        handlers.refusePromise(strategy.onTrade?.(ctx, view));
        break;
      case RecordKind.Depth:
        figures.levels += 1;
        if (isFresh) figures.measure(view);
        handlers.refusePromise(strategy.onLevel?.(ctx, view));
        break;
      case RecordKind.Order:
        this.noteOrder(view);
        handlers.refusePromise(strategy.onExecutionReport?.(ctx, view));
        this.tracker?.onReport(view);
        break;
      case RecordKind.Execution:
        this.tracker?.onExecution(view);
        break;
      case RecordKind.Position:
        handlers.refusePromise(strategy.onPosition?.(ctx, view));
        break;
      case RecordKind.Balance:
        this.ctx.keepBalance(balanceFromView(view, this.bot.instruments));
        handlers.refusePromise(strategy.onBalance?.(ctx, view));
        break;
      case RecordKind.Notice:
        handlers.refusePromise(strategy.onNotice?.(ctx, view));
        break;
      case RecordKind.Link:
        this.noteLink(view);
        handlers.refusePromise(strategy.onLink?.(ctx, view));
        break;
      case RecordKind.Gap:
        handlers.refusePromise(strategy.onGap?.(ctx, view));
        break;
      case RecordKind.BookState:
        if (view.bookState === 'live') this.watch.onLive(view.asset);
        handlers.refusePromise(strategy.onBookState?.(ctx, view));
        break;
      case RecordKind.Error:
        figures.connectorErrors += 1;
        this.watch.onError(connectorErrorFromView(view, this.bot.instruments));
        handlers.reportError(view);
        break;
      case RecordKind.Reject:
        this.takeReject(view);
        break;
      default:
        break;
    }
  }

  private noteOrder(view: EventView): void {
    const { board, figures } = this;
    if (board !== undefined) noteOnBoard(board, view);
    if (view.isSnapshot) return;
    if (!this.ctx.cancels.isEmpty && isFinalStatus(view.orderStatus))
      this.ctx.cancels.ended(view.asset, view.orderId);
    if (view.execQty > 0) {
      const status = view.orderStatus;
      if (status === 'filled' || status === 'partially_filled') figures.fills += 1;
    }
    figures.answered(view);
  }

  /** The outcome of a request, never an error of the connector. */
  private takeReject(view: EventView): void {
    if (this.isTooLate(view)) return;
    const isRefusal = !view.isSynthetic && !isOwnEnd(view.valueNumber);
    if (isRefusal) this.figures.refusals += 1;
    if (this.tracker !== undefined) this.tracker.onReject(view);
    else if (isRefusal || view.isSynthetic) this.handlers.reportError(view);
  }

  /**
   * A cancel or change that came when its order had ended: the end of the order is the answer. The whole batch is
   * applied to the bot already, so its orders are newer than this record. Refused new orders expire.
   */
  private isTooLate(view: EventView): boolean {
    if (view.isSynthetic || view.orderId === 0n) return false;
    const order = this.bot.order(view.asset, view.orderId);
    if (order === null) return ENDED_BEFORE.has(view.valueNumber);
    const { status } = order;
    if (status === 'filled' || status === 'canceled') return true;
    return isFinalStatus(status) && ENDED_BEFORE.has(view.valueNumber);
  }

  private noteLink(view: EventView): void {
    const { linkState, asset } = view;
    this.ctx.noteLink(linkState, asset);
    if (this.tracker === undefined || (linkState !== 'lost' && linkState !== 'restarted')) return;
    const { instruments } = this.bot;
    const name = instruments[asset]?.connector;
    this.tracker.onLinkLost(
      [...instruments.keys()].filter((each) => instruments[each]?.connector === name),
    );
  }

  private summary(): StrategySummary {
    return this.figures.summary(this.handlers.errors, this.stopWait.summary);
  }
}
