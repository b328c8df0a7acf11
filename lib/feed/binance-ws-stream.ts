import { HftError } from '../models/hft-error.js';
import { BinanceBookSync } from './binance-book-sync.js';
import {
  resolveBinanceOptions,
  type BinanceOptions,
  type ResolvedBinanceOptions,
} from './binance-options.js';
import { BinanceRest } from './binance-rest.js';
import { BinanceSocket } from './binance-socket.js';
import { InboxConnector } from './inbox-connector.js';
import { normalizeTrade } from './normalizer.js';
import type { RawLevel } from './raw-event.js';
import type { TradeTick } from './trade-tick.js';

/** Requests per second stay below the 5 that spot allows. */
const REQUEST_GAP_MS = 250;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Binance's public market data without a connector process: trades and books over combined
 * streams, each book begun with a REST snapshot and followed by its update numbers. A hole in the
 * numbers starts the book anew. Connections are replaced before the venue ends them, without a
 * gap.
 */
export class BinanceWsStream extends InboxConnector {
  readonly #options: ResolvedBinanceOptions;
  readonly #rest: BinanceRest;
  readonly #sockets: readonly BinanceSocket[];
  readonly #depthSocket: BinanceSocket;
  readonly #tradesSocket: BinanceSocket;
  readonly #books: BinanceBookSync;
  readonly #lastTradeIds = new Map<string, number>();
  #missedTrades = 0;
  #repeatedTrades = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: BinanceOptions = {}) {
    const resolved = resolveBinanceOptions(options);
    super(resolved.name);
    this.#options = resolved;
    const { depthUrl, tradesUrl, restUrl, timeoutMs } = resolved;
    this.#rest = new BinanceRest(restUrl, timeoutMs);
    this.#books = new BinanceBookSync(this.#rest, resolved, (event) => {
      this.push(event);
    });
    this.#depthSocket = this.#socket(depthUrl);
    this.#tradesSocket = tradesUrl === depthUrl ? this.#depthSocket : this.#socket(tradesUrl);
    this.#sockets = [...new Set([this.#depthSocket, this.#tradesSocket])];
  }

  /** @throws HftError `ERR_CONNECTOR_DOWN`, `ERR_TIMEOUT`, `ERR_VENUE_REFUSED`. */
  async connect(): Promise<void> {
    if (this.connected) return;
    this.#books.open(this.depthSymbols);
    try {
      await Promise.all(this.#sockets.map((socket) => socket.open()));
    } catch (error) {
      for (const socket of this.#sockets) socket.close(false);
      throw error;
    }
    this.markConnected();
    for (const symbol of this.depthSymbols) this.#books.begin(symbol);
  }

  disconnect(): Promise<void> {
    this.#books.abort();
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
    this.#books.follow(name);
    await this.#depthSocket.subscribe(`${name.toLowerCase()}@depth${speed}`);
    this.depthSymbols.add(name);
    this.#books.begin(name);
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
      market: this.#options.market,
      resyncs: this.#books.resyncs,
      missedTrades: this.#missedTrades,
      repeated: this.#repeatedTrades + this.#books.repeated,
      rotations: this.#sockets.reduce((sum, { rotations }) => sum + rotations, 0),
      unsynced: this.#books.unsynced,
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
          this.#books.abort();
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
        this.#repeatedTrades += 1;
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
    const symbol = s as string;
    if (!this.#books.isFollowed(symbol)) return;
    const from = typeof pu === 'number' ? pu : (U as number) - 1;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(u)) {
      this.#unreadable(`depth of ${symbol} has no numbers`);
      return;
    }
    if (!Array.isArray(b) || !Array.isArray(a)) {
      // What it changed is not known: the next one finds the hole.
      this.#unreadable(`depth of ${symbol} has no levels`);
      return;
    }
    this.#books.onDiff(symbol, {
      from,
      to: u as number,
      timestampMs: (T ?? E) as number,
      bids: b as RawLevel[],
      asks: a as RawLevel[],
    });
  }

  #unreadable(what: string): void {
    this.push({
      type: 'error',
      code: 'unreadable_frame',
      message: `a frame was left out: ${what}`,
    });
  }
}
