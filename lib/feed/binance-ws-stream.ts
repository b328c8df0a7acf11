import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { BinanceBook, type BinanceDiff, type BinanceSnapshot } from './binance-book.js';
import { BinanceRest, BinanceRestError } from './binance-rest.js';
import { BinanceSocket } from './binance-socket.js';
import { InboxConnector } from './inbox-connector.js';
import { normalizeTrade } from './normalizer.js';
import type { RawLevel } from './raw-event.js';
import type { TradeTick } from './trade-tick.js';

/** Options of `BinanceWsStream`; all have defaults. */
export interface BinanceOptions {
  /** Default `binance`. */
  readonly name?: string;
  /** Default `spot`; `usdm` are the USD-M futures. */
  readonly market?: 'spot' | 'usdm';
  /** Combined-stream address of the books. Default Binance's own for the market. */
  readonly depthUrl?: string;
  /** Combined-stream address of the trades; may be the same. Default Binance's own. */
  readonly tradesUrl?: string;
  /** REST address up to the version. Default Binance's own for the market. */
  readonly restUrl?: string;
  /** Default `trade` on spot, `aggTrade` on USD-M, where `trade` is not documented. */
  readonly tradeStream?: 'trade' | 'aggTrade';
  /** Default 100, on USD-M also 250 and 500, on spot also 1 000. */
  readonly depthIntervalMs?: 100 | 250 | 500 | 1_000;
  /** Levels per side of a snapshot. Default 1 000. */
  readonly depthLimit?: number;
  /** How often a ping goes out; anything must come before the next. Default 15 000. */
  readonly heartbeatMs?: number;
  /** Age at which another connection takes over; the venue ends one at 24 h. Default 23.5 h. */
  readonly maxAgeMs?: number;
  /** How long both run side by side then. Default 1 000. */
  readonly handoverMs?: number;
  /** How long a connect, an answer or a REST request may take. Default 10 000. */
  readonly timeoutMs?: number;
  /** First pause after a failed snapshot, doubled up to 30 s. Default 500. */
  readonly resyncDelayMs?: number;
}

const KEYS = knownKeys<BinanceOptions>({
  name: true,
  market: true,
  depthUrl: true,
  tradesUrl: true,
  restUrl: true,
  tradeStream: true,
  depthIntervalMs: true,
  depthLimit: true,
  heartbeatMs: true,
  maxAgeMs: true,
  handoverMs: true,
  timeoutMs: true,
  resyncDelayMs: true,
});

const ADDRESSES = {
  spot: {
    depthUrl: 'wss://stream.binance.com:9443/stream',
    tradesUrl: 'wss://stream.binance.com:9443/stream',
    restUrl: 'https://api.binance.com/api/v3',
  },
  // Books and trades have addresses of their own there.
  usdm: {
    depthUrl: 'wss://fstream.binance.com/public/stream',
    tradesUrl: 'wss://fstream.binance.com/market/stream',
    restUrl: 'https://fapi.binance.com/fapi/v1',
  },
} as const;
const RESYNC_DELAY_MAX_MS = 30_000;
/** Requests per second stay below the 5 that spot allows. */
const REQUEST_GAP_MS = 250;

type Fields = Readonly<Record<string, unknown>>;

interface Book {
  readonly symbol: string;
  readonly numbers: BinanceBook;
  syncing: boolean;
  newestMs: number;
}

/**
 * Binance's public market data without a connector process: trades and books over combined
 * streams, each book begun with a REST snapshot and followed by its update numbers. A hole in the
 * numbers starts the book anew. Connections are replaced before the venue ends them, without a
 * gap.
 */
export class BinanceWsStream extends InboxConnector {
  readonly #market: 'spot' | 'usdm';
  readonly #options: Required<Omit<BinanceOptions, 'name' | 'market'>>;
  readonly #rest: BinanceRest;
  readonly #sockets: readonly BinanceSocket[];
  readonly #depthSocket: BinanceSocket;
  readonly #tradesSocket: BinanceSocket;
  readonly #books = new Map<string, Book>();
  readonly #lastTradeIds = new Map<string, number>();
  #abort = new AbortController();
  #resyncs = 0;
  #missedTrades = 0;
  #repeated = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: BinanceOptions = {}) {
    checkKeys(options, KEYS, '');
    super(options.name ?? 'binance');
    const { market = 'spot' } = options;
    if (!(['spot', 'usdm'] as unknown[]).includes(market))
      throw new HftError('ERR_INVALID_ARGUMENT', `market: ${market} must be spot or usdm.`);
    this.#market = market;
    this.#options = {
      ...ADDRESSES[market],
      tradeStream: market === 'spot' ? 'trade' : 'aggTrade',
      depthIntervalMs: 100,
      depthLimit: 1_000,
      heartbeatMs: 15_000,
      maxAgeMs: 23.5 * 3_600_000,
      handoverMs: 1_000,
      timeoutMs: 10_000,
      resyncDelayMs: 500,
      ...withoutUndefined(options),
    };
    const { depthUrl, tradesUrl, restUrl, timeoutMs } = this.#options;
    for (const [name, url] of Object.entries({ depthUrl, tradesUrl }))
      checkUrl(name, url, ['ws:', 'wss:']);
    checkUrl('restUrl', restUrl, ['http:', 'https:']);
    this.#rest = new BinanceRest(restUrl, timeoutMs);
    this.#depthSocket = this.#socket(depthUrl);
    this.#tradesSocket = tradesUrl === depthUrl ? this.#depthSocket : this.#socket(tradesUrl);
    this.#sockets = [...new Set([this.#depthSocket, this.#tradesSocket])];
  }

  /** @throws HftError `ERR_CONNECTOR_DOWN`, `ERR_TIMEOUT`, `ERR_VENUE_REFUSED`. */
  async connect(): Promise<void> {
    if (this.connected) return;
    this.#abort = new AbortController();
    for (const symbol of this.depthSymbols) this.#books.set(symbol, newBook(symbol));
    try {
      await Promise.all(this.#sockets.map((socket) => socket.open()));
    } catch (error) {
      for (const socket of this.#sockets) socket.close(false);
      throw error;
    }
    this.markConnected();
    for (const symbol of this.depthSymbols) this.#begin(symbol);
  }

  disconnect(): Promise<void> {
    this.#abort.abort();
    this.markDisconnected('disconnected');
    for (const socket of this.#sockets) socket.close(true);
    this.tradeSymbols.clear();
    this.depthSymbols.clear();
    this.#books.clear();
    this.#lastTradeIds.clear();
    return Promise.resolve();
  }

  async subscribeTrades(symbol: string): Promise<void> {
    const name = this.#check(symbol);
    if (this.tradeSymbols.has(name)) return;
    await this.#tradesSocket.subscribe(`${name.toLowerCase()}@${this.#options.tradeStream}`);
    this.tradeSymbols.add(name);
  }

  async subscribeDepth(symbol: string): Promise<void> {
    const name = this.#check(symbol);
    if (this.depthSymbols.has(name)) return;
    const { depthIntervalMs } = this.#options;
    const speed = depthIntervalMs === 1_000 ? '' : `@${String(depthIntervalMs)}ms`;
    // What comes between the answer and the snapshot waits in the book.
    this.#books.set(name, newBook(name));
    await this.#depthSocket.subscribe(`${name.toLowerCase()}@depth${speed}`);
    this.depthSymbols.add(name);
    this.#begin(name);
  }

  /**
   * The last trades by REST, oldest first: what a service of rolling figures can begin with.
   *
   * @param limit - At most 1 000.
   * @throws BinanceRestError
   */
  async fetchRecentTrades(symbol: string, limit = 500): Promise<TradeTick[]> {
    const raw = await this.#rest.trades(symbol, limit, new AbortController().signal);
    const receivedMs = Date.now();
    return raw.map((trade) => normalizeTrade(trade, { source: this.name }, receivedMs));
  }

  protected override details(): Readonly<Record<string, unknown>> {
    return {
      market: this.#market,
      resyncs: this.#resyncs,
      missedTrades: this.#missedTrades,
      repeated: this.#repeated,
      rotations: this.#sockets.reduce((sum, { rotations }) => sum + rotations, 0),
      unsynced: [...this.#books.values()]
        .filter(({ numbers }) => !numbers.synced)
        .map(({ symbol }) => symbol),
    };
  }

  #socket(url: string): BinanceSocket {
    const { heartbeatMs, maxAgeMs, handoverMs, timeoutMs } = this.#options;
    return new BinanceSocket(
      { url, heartbeatMs, maxAgeMs, handoverMs, timeoutMs, requestGapMs: REQUEST_GAP_MS },
      {
        onData: (data) => {
          this.#onData(data);
        },
        onLost: (reason) => {
          this.#abort.abort();
          for (const socket of this.#sockets) socket.close(false);
          this.markDisconnected(reason);
        },
        onError: (code, message) => {
          this.push({ type: 'error', code, message });
        },
      },
    );
  }

  #check(symbol: string): string {
    if (!this.connected)
      throw new HftError('ERR_CONNECTOR_DOWN', `${this.name} is not connected.`, {
        remedy: 'Call connect() first.',
      });
    // There are symbols with letters beyond ASCII.
    if (!/^[\p{L}\p{M}\p{N}_]{1,40}$/u.test(symbol))
      throw new HftError('ERR_INVALID_ARGUMENT', `symbol: ${JSON.stringify(symbol)} is none.`);
    return symbol.toUpperCase();
  }

  #onData(data: Fields): void {
    switch (data['e']) {
      case 'trade':
      case 'aggTrade':
        this.#onTrade(data);
        break;
      case 'depthUpdate':
        this.#onDepth(data);
        break;
      case 'unreadable':
        this.#unreadable('it is no message of the stream');
        break;
      default:
        break;
    }
  }

  #onTrade({ s, t, a, p, q, T, m }: Fields): void {
    if (typeof s !== 'string') {
      this.#unreadable('a trade names no symbol');
      return;
    }
    const symbol = s;
    const id = (t ?? a) as number;
    if (Number.isSafeInteger(id)) {
      const last = this.#lastTradeIds.get(symbol) ?? id - 1;
      if (id <= last) {
        this.#repeated += 1;
        return;
      }
      this.#missedTrades += id - last - 1;
      this.#lastTradeIds.set(symbol, id);
    }
    this.push({
      type: 'trade',
      symbol,
      timestamp: T as number,
      price: p as string,
      qty: q as string,
      isBuyerMaker: m as boolean,
      id,
    });
  }

  #onDepth({ s, U, u, pu, b, a, T, E }: Fields): void {
    const book = this.#books.get(s as string);
    if (book === undefined) return;
    const from = typeof pu === 'number' ? pu : (U as number) - 1;
    const timestampMs = (T ?? E) as number;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(u)) {
      this.#unreadable(`depth of ${book.symbol} has no numbers`);
      return;
    }
    if (!Array.isArray(b) || !Array.isArray(a)) {
      // What it changed is not known: the next one finds the hole.
      this.#unreadable(`depth of ${book.symbol} has no levels`);
      return;
    }
    const diff: BinanceDiff = {
      from,
      to: u as number,
      timestampMs,
      bids: b as RawLevel[],
      asks: a as RawLevel[],
    };
    book.newestMs = timestampMs;
    const result = book.numbers.onDiff(diff);
    if (result === 'apply') this.#tell(book, diff);
    if (result === 'old') this.#repeated += 1;
    if (result !== 'gap') return;
    this.#resyncs += 1;
    this.push({
      type: 'error',
      code: 'depth_gap',
      message: `updates of ${book.symbol} are missing before ${String(u)}: its book is begun anew`,
    });
    void this.#sync(book);
  }

  #unreadable(what: string): void {
    this.push({
      type: 'error',
      code: 'unreadable_frame',
      message: `a frame was left out: ${what}`,
    });
  }

  #begin(symbol: string): void {
    const book = this.#books.get(symbol);
    if (book !== undefined) void this.#sync(book);
  }

  /** Fetches snapshots until one fits; ends with the connection. Never rejects. */
  async #sync(book: Book): Promise<void> {
    if (book.syncing) return;
    book.syncing = true;
    const { signal } = this.#abort;
    let delayMs = this.#options.resyncDelayMs;
    try {
      while (!signal.aborted) {
        let waitMs = delayMs;
        try {
          const snapshot = await this.#rest.depth(book.symbol, this.#options.depthLimit, signal);
          if (isAborted(signal)) return;
          const following = book.numbers.onSnapshot(snapshot);
          if (following !== undefined) {
            this.#tellSnapshot(book, snapshot);
            for (const diff of following) this.#tell(book, diff);
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
    const message = error instanceof Error ? error.message : String(error);
    const rest = error instanceof BinanceRestError ? error : undefined;
    const code = rest === undefined || rest.status === 0 ? 'rest_failed' : `http_${rest.status}`;
    this.push({ type: 'error', code, message });
    if (rest?.isFinal === true) return Infinity;
    return Math.max(delayMs, rest?.retryAfterMs ?? 0);
  }

  #tellSnapshot(book: Book, snapshot: BinanceSnapshot): void {
    this.push({
      type: 'depth',
      symbol: book.symbol,
      timestamp: snapshot.timestampMs ?? (book.newestMs > 0 ? book.newestMs : Date.now()),
      bids: snapshot.bids,
      asks: snapshot.asks,
      lastUpdateId: snapshot.lastUpdateId,
      snapshot: true,
    });
  }

  #tell(book: Book, diff: BinanceDiff): void {
    this.push({
      type: 'depth',
      symbol: book.symbol,
      timestamp: diff.timestampMs,
      bids: diff.bids,
      asks: diff.asks,
      lastUpdateId: diff.to,
    });
  }
}

function newBook(symbol: string): Book {
  return { symbol, numbers: new BinanceBook(), syncing: false, newestMs: 0 };
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

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

function checkUrl(name: string, url: string, protocols: readonly string[]): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!protocols.includes(protocol))
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `${name}: ${JSON.stringify(url)} must be an address that begins with ${protocols.join(' or ')}//.`,
    );
}
