import { asError } from '../models/as-error.js';
import { attachConsumer } from './attach-consumer.js';
import { checkCount } from '../models/arguments.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { DepthUpdate } from './depth-update.js';
import { type Feed } from './feed.js';
import { FeedLog } from './feed-log.js';
import { defaultFeedLogger, silentFeedLogger, type FeedLogger } from './feed-logger.js';
import { SymbolContext, type MarketContext, type SymbolContextSizes } from './symbol-context.js';
import type { TradeTick } from './trade-tick.js';

/** Options of `ContextService`; all have defaults. */
export interface ContextOptions {
  /** Lengths of the windows. Default 1 s, 10 s and 60 s. */
  readonly windowsMs?: readonly number[];
  /** Buckets of each window; the resolution. Default 50. */
  readonly buckets?: number;
  /** Best levels per side that make the book imbalance. Default 5. */
  readonly bookLevels?: number;
  /** Levels per side that are kept; beyond twice as many the furthest go. Default 2 000. */
  readonly maxBookLevels?: number;
  /** Most symbols; events of further ones are left out and counted. Default 256. */
  readonly maxSymbols?: number;
  /** Keep the sources of one symbol apart, as a `MergedFeed` needs it. Default false. */
  readonly bySource?: boolean;
  /** Default: lines on standard error by `LOG_LEVEL`. `false`: none. */
  readonly logger?: FeedLogger | false;
}

/** Where a service's figures can begin before the first event. */
export interface BackfillOptions {
  /** The data source that feeds the service. Only `binance_ws` is filled up. */
  readonly dataSource: string;
  /** The last trades of a symbol, oldest first; `BinanceWsStream.fetchRecentTrades` is one. */
  readonly fetchTrades: (symbol: string) => Promise<readonly TradeTick[]>;
}

const CONTEXT_KEYS = knownKeys<ContextOptions>({
  windowsMs: true,
  buckets: true,
  bookLevels: true,
  maxBookLevels: true,
  maxSymbols: true,
  bySource: true,
  logger: true,
});
const BACKFILL_KEYS = knownKeys<BackfillOptions>({ dataSource: true, fetchTrades: true });

/** Data source whose figures begin with a REST request. */
const BACKFILLED = 'binance_ws';

/**
 * Rolling market features of every symbol that comes by: VWAP, volume and its imbalance, trade
 * rate, spread, volatility, book imbalance. Each event costs the same, and memory is bounded.
 */
export class ContextService {
  readonly #sizes: SymbolContextSizes;
  readonly #maxSymbols: number;
  readonly #bySource: boolean;
  readonly #contexts = new Map<string, SymbolContext>();
  readonly #log: FeedLog;
  #leftOut = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: ContextOptions = {}) {
    checkKeys(options, CONTEXT_KEYS, '');
    const { windowsMs = [1_000, 10_000, 60_000] } = options;
    if (windowsMs.length === 0)
      throw new HftError('ERR_INVALID_ARGUMENT', 'windowsMs: give at least one length.');
    for (const windowMs of windowsMs) checkCount(windowMs, 'windowsMs', 86_400_000);
    this.#sizes = {
      windowsMs: [...new Set(windowsMs)].sort((a, b) => a - b),
      buckets: checkCount(options.buckets ?? 50, 'buckets', 10_000),
      bookLevels: checkCount(options.bookLevels ?? 5, 'bookLevels', 10_000),
      maxBookLevels: checkCount(options.maxBookLevels ?? 2_000, 'maxBookLevels', 1_000_000),
    };
    this.#maxSymbols = checkCount(options.maxSymbols ?? 256, 'maxSymbols', 1_000_000);
    this.#bySource = options.bySource ?? false;
    const { logger = defaultFeedLogger() } = options;
    this.#log = new FeedLog(logger === false ? silentFeedLogger : logger, 'context');
  }

  /** Takes one trade. */
  ingestTrade(tick: TradeTick): void {
    this.#context(tick)?.trade(tick);
  }

  /** Takes one change of a book. */
  ingestDepth(update: DepthUpdate): void {
    this.#context(update)?.depth(update);
  }

  /** Takes everything of a feed from now on. @returns Lets go of it. */
  attach(feed: Feed): () => void {
    return attachConsumer(feed, this);
  }

  /** Symbols that are known; with `bySource` as `source:symbol`. */
  get symbols(): readonly string[] {
    return [...this.#contexts.keys()];
  }

  /** Events left out because there were too many symbols. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * Figures of one symbol; `undefined` before its first event.
   *
   * @param symbol - With `bySource` as `source:symbol`.
   * @param nowMs - End of the windows, Unix ms. Default the symbol's newest event, so that a replay
   * gives what the live feed gave.
   */
  snapshot(symbol: string, nowMs?: number): MarketContext | undefined {
    return this.#contexts.get(symbol)?.snapshot(nowMs);
  }

  /**
   * Begins with the last trades by REST; only where no connector feeds the service, which is logged.
   * A failure is logged and changes nothing.
   *
   * @returns How many trades were taken.
   * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown option.
   */
  async backfill(symbols: readonly string[], options: BackfillOptions): Promise<number> {
    checkKeys(options, BACKFILL_KEYS, '');
    const { dataSource, fetchTrades } = options;
    if (dataSource !== BACKFILLED) {
      this.#log.note('context_backfill_skipped', { data_source: dataSource, symbols });
      return 0;
    }
    const counts = await Promise.all(
      symbols.map(async (symbol) => {
        try {
          const trades = await fetchTrades(symbol);
          for (const tick of trades) this.ingestTrade(tick);
          this.#log.note('context_backfilled', { symbol, trades: trades.length });
          return trades.length;
        } catch (error) {
          this.#log.error(asError(error), 'backfill', performance.now());
          return 0;
        }
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #context({ source, symbol }: TradeTick | DepthUpdate): SymbolContext | undefined {
    const key = this.#bySource ? `${source}:${symbol}` : symbol;
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    if (this.#contexts.size >= this.#maxSymbols) {
      this.#leftOut += 1;
      return undefined;
    }
    const context = new SymbolContext(symbol, this.#sizes);
    this.#contexts.set(key, context);
    return context;
  }
}
