import { asError } from '../models/as-error.js';
import { attachConsumer } from './attach-consumer.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { ContextService } from './context-service.js';
import type { DepthUpdate } from './depth-update.js';
import { type Feed } from './feed.js';
import type { FeedStrategy, FeedStrategyContext } from './feed-strategy.js';
import { FeedLog } from './feed-log.js';
import { defaultFeedLogger, silentFeedLogger, type FeedLogger } from './feed-logger.js';
import type { TradeTick } from './trade-tick.js';

/** Options of `StrategyEngine`; all have defaults. */
export interface StrategyEngineOptions {
  /** Given to the strategies. Attach it to the feed before the engine, so that it is up to date. */
  readonly context?: ContextService;
  /** Errors in a row after which a strategy is not called any more. Default: never. */
  readonly disableAfterErrors?: number;
  /** Called with every error of a strategy. */
  readonly onError?: (error: Error, strategy: string) => void;
  /** Default: lines on standard error by `LOG_LEVEL`. `false`: none. */
  readonly logger?: FeedLogger | false;
}

const KEYS = knownKeys<StrategyEngineOptions>({
  context: true,
  disableAfterErrors: true,
  onError: true,
  logger: true,
});

/** Condition of one strategy, made now. */
export interface StrategyHealth {
  readonly name: string;
  /** False once it was disabled by its errors. */
  readonly enabled: boolean;
  readonly trades: number;
  readonly depth: number;
  readonly errors: number;
  /** '' when there was none. */
  readonly lastError: string;
}

interface Running {
  readonly strategy: FeedStrategy;
  readonly symbols: ReadonlySet<string> | undefined;
  readonly context: FeedStrategyContext;
  enabled: boolean;
  trades: number;
  depth: number;
  errors: number;
  errorsInARow: number;
  lastError: string;
}

/** Runs several strategies side by side on one feed; the errors of one never reach another. */
export class StrategyEngine {
  readonly #options: StrategyEngineOptions;
  readonly #logger: FeedLogger;
  readonly #log: FeedLog;
  #running: readonly Running[] = [];

  /** @throws HftError `ERR_INVALID_ARGUMENT` for an unknown option. */
  constructor(options: StrategyEngineOptions = {}) {
    checkKeys(options, KEYS, '');
    this.#options = options;
    const { logger = defaultFeedLogger() } = options;
    this.#logger = logger === false ? silentFeedLogger : logger;
    this.#log = new FeedLog(this.#logger, 'strategy');
  }

  /**
   * Adds a strategy and calls its `onStart`.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for a name in use.
   */
  add(strategy: FeedStrategy): this {
    const { name } = strategy;
    if (this.#running.some((one) => one.strategy.name === name))
      throw new HftError('ERR_INVALID_ARGUMENT', `strategy: there is one named ${name} already.`);
    const running: Running = {
      strategy,
      symbols: strategy.symbols === undefined ? undefined : new Set(strategy.symbols),
      context: Object.freeze({
        strategy: name,
        market: this.#options.context,
        logger: this.#logger,
      }),
      enabled: true,
      trades: 0,
      depth: 0,
      errors: 0,
      errorsInARow: 0,
      lastError: '',
    };
    this.#running = [...this.#running, running];
    this.#call(running, () => strategy.onStart?.(running.context));
    return this;
  }

  /** Calls a strategy's `onStop` and forgets it; false when there is none of the name. */
  remove(name: string): boolean {
    const found = this.#running.find(({ strategy }) => strategy.name === name);
    if (found === undefined) return false;
    this.#running = this.#running.filter((one) => one !== found);
    this.#call(found, () => found.strategy.onStop?.(found.context));
    return true;
  }

  /** Removes every strategy. */
  stop(): void {
    for (const { strategy } of this.#running) this.remove(strategy.name);
  }

  /** A trade, to every strategy that wants its symbol. */
  ingestTrade(tick: TradeTick): void {
    for (const running of this.#running) {
      const { strategy, context } = running;
      if (strategy.onTrade === undefined || !wants(running, tick.symbol)) continue;
      running.trades += 1;
      this.#call(running, () => strategy.onTrade?.(context, tick));
    }
  }

  /** A change of a book, to every strategy that wants its symbol. */
  ingestDepth(update: DepthUpdate): void {
    for (const running of this.#running) {
      const { strategy, context } = running;
      if (strategy.onDepth === undefined || !wants(running, update.symbol)) continue;
      running.depth += 1;
      this.#call(running, () => strategy.onDepth?.(context, update));
    }
  }

  /** Takes everything of a feed from now on. @returns Lets go of it. */
  attach(feed: Feed): () => void {
    return attachConsumer(feed, this);
  }

  /** Condition of every strategy, in the order they were added. */
  get health(): readonly StrategyHealth[] {
    return this.#running.map(({ strategy, enabled, trades, depth, errors, lastError }) =>
      Object.freeze({ name: strategy.name, enabled, trades, depth, errors, lastError }),
    );
  }

  #call(running: Running, call: () => unknown): void {
    try {
      const result = call();
      if (result instanceof Promise)
        result.then(
          () => {
            running.errorsInARow = 0;
          },
          (error: unknown) => {
            this.#onError(running, asError(error));
          },
        );
      else running.errorsInARow = 0;
    } catch (error) {
      this.#onError(running, asError(error));
    }
  }

  #onError(running: Running, error: Error): void {
    const { name } = running.strategy;
    running.errors += 1;
    running.errorsInARow += 1;
    running.lastError = error.message;
    this.#log.error(error, name, performance.now());
    try {
      this.#options.onError?.(error, name);
    } catch (inHandler) {
      this.#log.error(asError(inHandler), 'onError', performance.now());
    }
    const { disableAfterErrors = Infinity } = this.#options;
    if (!running.enabled || running.errorsInARow < disableAfterErrors) return;
    running.enabled = false;
    this.#log.note('strategy_disabled', { strategy: name, errors: running.errors });
  }
}

function wants(running: Running, symbol: string): boolean {
  return running.enabled && (running.symbols?.has(symbol) ?? true);
}
