import { OrderIdSource } from '../bot/order-id-source.js';
import { requireLiveAddon } from '../bot/live-addon.js';
import { assignConnector } from '../connector/assign-connector.js';
import { DirectConnector } from '../connector/direct-connector.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { loadStrategy, strategyOf } from '../strategy/load-strategy.js';
import { runStrategyLoop } from '../strategy/strategy-loop.js';
import type { Strategy, StrategyFactory } from '../strategy/strategy.js';
import { strategyUrl } from '../strategy/strategy-url.js';
import type { TestKit } from './test-kit.js';
import type { TestRun } from './test-run.js';
import type { TestVenue } from './test-venue.js';
import { VirtualLiveBot } from './virtual-live-bot.js';

/** Options of {@link testStrategy}. */
export interface TestOptions {
  /** {@link sim} or {@link replay}. */
  readonly venue: TestVenue;
  /** How long the test lasts, virtual seconds. Required but for a `replay`, which ends with its recordings. */
  readonly seconds?: number;
  /** Directs the test before its start: faults and calls at a moment, or with an order. */
  readonly script?: (kit: TestKit) => void;
  /** Handed to a strategy that is a function, a class or a module. Default `{}`. */
  readonly strategyOptions?: unknown;
  /** Where the virtual wall clock begins, Unix ms. Default: 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** Most records per batch; 1 runs book and handlers in lockstep. Default: the bot's buffer. */
  readonly maxBatch?: number;
  /** Orders are denied while their book is not live. Default true. */
  readonly requireLiveBook?: boolean;
  /** As that of `BotOptions`, in virtual time. Default 5000. */
  readonly orderDeadlineMs?: number;
  /** As that of `runLive`, in virtual time. Default 3000. */
  readonly stopWaitMs?: number;
  /** A handler may throw: its error is kept in the run instead of ending the test. Default false. */
  readonly allowHandlerErrors?: boolean;
}

const KEYS = knownKeys<TestOptions>({
  venue: true,
  seconds: true,
  script: true,
  strategyOptions: true,
  startMs: true,
  maxBatch: true,
  requireLiveBook: true,
  orderDeadlineMs: true,
  stopWaitMs: true,
  allowHandlerErrors: true,
});

const START_MS = Date.UTC(2026, 0, 1);
/** Ids of orders do not depend on the bot's own id, which is drawn. */
const ID_OF_BOT = 1n;
/** Nothing comes from outside between two steps of the venue: a wait may be long. */
const WAIT_MS = 10_000;
/** Long enough for any recording. */
const SECONDS_MAX = 1e8;

/**
 * Runs a strategy on a venue of its own in virtual time, on the calling thread: no process, no socket, no
 * sleep. Time passes only from one event to the next, so a minute takes milliseconds, and the same strategy,
 * venue and script do the same every time, to the byte ({@link TestRun.fingerprint}).
 *
 * ```ts
 * const run = await testStrategy(strategy, { venue: sim({ seed: 7 }), seconds: 60 });
 * expect(run.orders).toHaveLength(2);
 * ```
 *
 * A strategy that reads another clock than `ctx.nowNs`, or draws random numbers, does not repeat.
 *
 * @param strategy - The strategy, a function or class that makes it, or a module that exports one: a URL, or a
 * path that is taken relative to the working directory.
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` without the addon, with the remedy: the stub knows no faults and is
 * not taken instead. `ERR_INVALID_ARGUMENT`; `ERR_STRATEGY_MODULE`; what a handler throws, after the run; what
 * the script throws.
 */
export async function testStrategy(
  strategy: Strategy | StrategyFactory | URL | string,
  options: TestOptions,
): Promise<TestRun> {
  checkKeys(options, KEYS, '');
  const seconds = secondsOf(options);
  requireLiveAddon();
  const { strategyOptions = {} } = options;
  const made =
    strategy instanceof URL || typeof strategy === 'string'
      ? await loadStrategy(strategyUrl(strategy), strategyOptions)
      : await strategyOf(strategy, strategyOptions);
  const bot = openBot(options);
  try {
    return runOn(bot, made, seconds, options);
  } finally {
    bot.close();
  }
}

function secondsOf({ seconds, venue }: TestOptions): number {
  if (typeof venue !== 'object' || (venue as unknown) === null)
    invalid('venue', venue, 'must be a venue, for example sim()');
  if (seconds === undefined && venue.connector.kind === 'replay') return SECONDS_MAX;
  if (!(typeof seconds === 'number' && seconds > 0 && seconds <= SECONDS_MAX))
    invalid('seconds', seconds, 'must be a number of seconds above 0');
  return seconds;
}

function openBot(options: TestOptions): VirtualLiveBot {
  const { venue, startMs = START_MS, requireLiveBook, orderDeadlineMs } = options;
  if (!Number.isSafeInteger(startMs) || startMs < 0)
    invalid('startMs', startMs, 'must be whole ms since 1970');
  const assigned = assignConnector(venue.instruments, venue.connector);
  const direct = new DirectConnector(assigned);
  try {
    return new VirtualLiveBot(
      {
        instruments: assigned.instruments,
        ...(requireLiveBook === undefined ? {} : { requireLiveBook }),
        ...(orderDeadlineMs === undefined ? {} : { orderDeadlineMs }),
      },
      direct.native,
      BigInt(startMs) * 1_000_000n,
    );
  } finally {
    direct.remove();
  }
}

function runOn(
  bot: VirtualLiveBot,
  strategy: Strategy,
  seconds: number,
  options: TestOptions,
): TestRun {
  const { script, startMs = START_MS, maxBatch, stopWaitMs, allowHandlerErrors = false } = options;
  const log: string[] = [];
  const handlerErrors: Error[] = [];
  script?.(bot.script);
  const summary = runStrategyLoop(bot, strategy, {
    durationMs: seconds * 1e3,
    waitMs: WAIT_MS,
    orderIds: new OrderIdSource(ID_OF_BOT, startMs),
    onLog: (text) => log.push(text),
    onHandlerError: (error) => handlerErrors.push(error),
    ...(maxBatch === undefined ? {} : { maxBatch }),
    ...(stopWaitMs === undefined ? {} : { stopWaitMs }),
  });
  const [thrown] = handlerErrors;
  if (thrown !== undefined && !allowHandlerErrors) throw thrown;
  const { recorder } = bot;
  const { requests, fills, rejects, notices, gaps, linkChanges, bookStates } = recorder;
  return {
    requests,
    orders: recorder.orders,
    fills,
    rejects,
    notices,
    gaps,
    linkChanges,
    bookStates,
    position: summary.positions[0] ?? NaN,
    positions: Object.fromEntries(
      bot.instruments.map(({ symbol }, asset) => [symbol, summary.positions[asset] ?? NaN]),
    ),
    handlerErrors,
    log,
    fingerprint: recorder.fingerprint(),
    summary: bot.isOver ? { ...summary, reason: 'end_of_data' } : summary,
  };
}
