import { errorText } from '../models/error-text.js';
import { BinanceBook, type BinanceDiff, type BinanceSnapshot } from './binance-book.js';
import type { ResolvedBinanceOptions } from './binance-options.js';
import { BinanceRestError, type BinanceRest } from './binance-rest.js';
import type { RawDepth, RawError } from './raw-event.js';

const RESYNC_DELAY_MAX_MS = 30_000;

interface Book {
  readonly symbol: string;
  readonly numbers: BinanceBook;
  syncing: boolean;
  newestMs: number;
}

/**
 * The books of a `BinanceWsStream`: each begins with a REST snapshot and goes on with the diffs of its
 * symbol; after a gap it begins anew.
 */
export class BinanceBookSync {
  readonly #rest: BinanceRest;
  readonly #depthLimit: number;
  readonly #resyncDelayMs: number;
  readonly #push: (event: RawDepth | RawError) => void;
  readonly #books = new Map<string, Book>();
  #abort = new AbortController();
  #resyncs = 0;
  #repeated = 0;

  /** @param push - Takes the changes of books and what went wrong. */
  constructor(
    rest: BinanceRest,
    { depthLimit, resyncDelayMs }: Pick<ResolvedBinanceOptions, 'depthLimit' | 'resyncDelayMs'>,
    push: (event: RawDepth | RawError) => void,
  ) {
    this.#rest = rest;
    this.#depthLimit = depthLimit;
    this.#resyncDelayMs = resyncDelayMs;
    this.#push = push;
  }

  /** Books that were begun anew after a gap. */
  get resyncs(): number {
    return this.#resyncs;
  }

  /** Diffs that their book held already. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Symbols whose book waits for a snapshot. */
  get unsynced(): string[] {
    return [...this.#books.values()]
      .filter(({ numbers }) => !numbers.synced)
      .map(({ symbol }) => symbol);
  }

  /** A connection begins: snapshots may be fetched, and these books hold nothing. */
  open(symbols: Iterable<string>): void {
    this.#abort = new AbortController();
    for (const symbol of symbols) this.follow(symbol);
  }

  /** The connection ended: no more snapshots are fetched. */
  abort(): void {
    this.#abort.abort();
  }

  /** Forgets every book. */
  clear(): void {
    this.#books.clear();
  }

  /** Takes the diffs of a symbol from now on; they wait in its book for the snapshot. */
  follow(symbol: string): void {
    this.#books.set(symbol, { symbol, numbers: new BinanceBook(), syncing: false, newestMs: 0 });
  }

  isFollowed(symbol: string): boolean {
    return this.#books.has(symbol);
  }

  /** Fetches the snapshot of a book. */
  begin(symbol: string): void {
    const book = this.#books.get(symbol);
    if (book !== undefined) void this.#sync(book);
  }

  onDiff(symbol: string, diff: BinanceDiff): void {
    const book = this.#books.get(symbol);
    if (book === undefined) return;
    book.newestMs = diff.timestampMs;
    const result = book.numbers.onDiff(diff);
    if (result === 'apply') this.#pushDiff(book, diff);
    if (result === 'old') this.#repeated += 1;
    if (result !== 'gap') return;
    this.#resyncs += 1;
    this.#push({
      type: 'error',
      code: 'depth_gap',
      message: `updates of ${symbol} are missing before ${String(diff.to)}: its book is begun anew`,
    });
    void this.#sync(book);
  }

  /** Fetches snapshots until one fits; ends with the connection. Never rejects. */
  async #sync(book: Book): Promise<void> {
    if (book.syncing) return;
    book.syncing = true;
    const { signal } = this.#abort;
    let delayMs = this.#resyncDelayMs;
    try {
      while (!signal.aborted) {
        let waitMs = delayMs;
        try {
          const snapshot = await this.#rest.depth(book.symbol, this.#depthLimit, signal);
          if (isAborted(signal)) return;
          const following = book.numbers.onSnapshot(snapshot);
          if (following !== undefined) {
            this.#pushSnapshot(book, snapshot);
            for (const diff of following) this.#pushDiff(book, diff);
            return;
          }
        } catch (error) {
          if (isAborted(signal)) return;
          waitMs = this.#onSnapshotError(error, delayMs);
          if (waitMs === Infinity) return;
        }
        await pause(waitMs, signal);
        delayMs = Math.min(delayMs * 2, RESYNC_DELAY_MAX_MS);
      }
    } finally {
      book.syncing = false;
    }
  }

  /** How long to wait before the next attempt; `Infinity`: never. */
  #onSnapshotError(error: unknown, delayMs: number): number {
    const message = errorText(error);
    const rest = error instanceof BinanceRestError ? error : undefined;
    const code = rest === undefined || rest.status === 0 ? 'rest_failed' : `http_${rest.status}`;
    this.#push({ type: 'error', code, message });
    if (rest?.isFinal === true) return Infinity;
    return Math.max(delayMs, rest?.retryAfterMs ?? 0);
  }

  #pushSnapshot(book: Book, snapshot: BinanceSnapshot): void {
    this.#push({
      type: 'depth',
      symbol: book.symbol,
      timestamp: snapshot.timestampMs ?? (book.newestMs > 0 ? book.newestMs : Date.now()),
      bids: snapshot.bids,
      asks: snapshot.asks,
      lastUpdateId: snapshot.lastUpdateId,
      snapshot: true,
    });
  }

  #pushDiff(book: Book, diff: BinanceDiff): void {
    this.#push({
      type: 'depth',
      symbol: book.symbol,
      timestamp: diff.timestampMs,
      bids: diff.bids,
      asks: diff.asks,
      lastUpdateId: diff.to,
    });
  }
}

/** Asked anew after each wait: it changes meanwhile. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
