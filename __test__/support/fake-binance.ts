import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

type Levels = [string, string][];

/** The instruments as the connector asks for them; `BinanceWsStream` does not. */
const EXCHANGE_INFO = {
  symbols: [
    {
      symbol: 'BTCUSDT',
      status: 'TRADING',
      filters: [
        { filterType: 'PRICE_FILTER', tickSize: '0.1' },
        { filterType: 'LOT_SIZE', stepSize: '0.001' },
      ],
    },
    {
      symbol: 'XRPUSDT',
      status: 'TRADING',
      marginAsset: 'USDT',
      filters: [
        { filterType: 'PRICE_FILTER', tickSize: '0.0001' },
        { filterType: 'LOT_SIZE', stepSize: '0.1', minQty: '0.1', maxQty: '10000000' },
        { filterType: 'MARKET_LOT_SIZE', stepSize: '0.1', minQty: '0.1', maxQty: '10000000' },
        { filterType: 'MIN_NOTIONAL', notional: '5' },
        { filterType: 'PERCENT_PRICE', multiplierUp: '1.5', multiplierDown: '0.5' },
      ],
    },
  ],
};

/** One book as the venue has it. */
interface VenueBook {
  bids: Map<string, string>;
  asks: Map<string, string>;
  lastUpdateId: number;
}

/**
 * Binance's market data on loopback: combined streams by request, REST books and trades, and
 * switches for what goes wrong there.
 */
export class FakeBinance {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #books = new Map<string, VenueBook>();
  readonly #tradeIds = new Map<string, number>();
  /** Streams by connection, oldest connection first. */
  readonly connections = new Map<WebSocket, Set<string>>();
  readonly requests: { method: string; params: string[] }[] = [];
  readonly paths: string[] = [];
  /** Answers of the next REST requests instead of the book; then it answers again. */
  readonly restFaults: { status: number; body: unknown; headers?: Record<string, string> }[] = [];
  /** The next snapshots are as old as this many updates ago. */
  readonly oldSnapshots: number[] = [];
  restRequests = 0;
  connects = 0;
  /** Subscriptions are not answered. */
  mute = false;
  /** Subscriptions are refused. */
  refuse = false;
  /** Pings are not answered. */
  deaf = false;
  /** New connections are refused. */
  shut = false;
  readonly #usdm: boolean;

  private constructor(usdm: boolean) {
    this.#usdm = usdm;
    this.#http = createServer((request, response) => {
      this.#onRest(request, response);
    });
    this.#sockets = new WebSocketServer({
      server: this.#http,
      autoPong: false,
      verifyClient: () => !this.shut,
    });
    this.#sockets.on('connection', (socket, request) => {
      this.#onConnection(socket, request);
    });
  }

  static async start(market: 'spot' | 'usdm' = 'spot'): Promise<FakeBinance> {
    const venue = new FakeBinance(market === 'usdm');
    await new Promise<void>((resolve) => venue.#http.listen(0, '127.0.0.1', resolve));
    return venue;
  }

  get #port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Options that lead a `BinanceWsStream` here. */
  get addresses() {
    const ws = `ws://127.0.0.1:${this.#port}`;
    return this.#usdm
      ? {
          depthUrl: `${ws}/public/stream`,
          tradesUrl: `${ws}/market/stream`,
          restUrl: `http://127.0.0.1:${this.#port}/fapi/v1`,
        }
      : {
          depthUrl: `${ws}/stream`,
          tradesUrl: `${ws}/stream`,
          restUrl: `http://127.0.0.1:${this.#port}/api/v3`,
        };
  }

  /** The venue's own book, as prices and quantities. */
  book(symbol: string): { bids: Map<number, number>; asks: Map<number, number> } {
    const { bids, asks } = this.#book(symbol);
    const numbers = (side: Map<string, string>) =>
      new Map([...side].map(([price, qty]) => [Number(price), Number(qty)]));
    return { bids: numbers(bids), asks: numbers(asks) };
  }

  /** A change of a book; goes to the subscribers unless `lost`. Several updates count as one. */
  depth(symbol: string, bids: Levels, asks: Levels = [], { lost = false, updates = 1 } = {}): void {
    const book = this.#book(symbol);
    const first = book.lastUpdateId + 1;
    const previous = book.lastUpdateId;
    book.lastUpdateId += updates;
    for (const [side, levels] of [
      [book.bids, bids],
      [book.asks, asks],
    ] as const) {
      for (const [price, qty] of levels) {
        if (Number(qty) === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
    if (lost) return;
    const nowMs = Date.now();
    this.#send(symbol, '@depth', {
      e: 'depthUpdate',
      E: nowMs,
      ...(this.#usdm ? { T: nowMs, pu: previous } : {}),
      s: symbol,
      U: first,
      u: book.lastUpdateId,
      b: bids,
      a: asks,
    });
  }

  /** A trade; goes to the subscribers unless `lost`. */
  trade(symbol: string, price: string, qty: string, { isBuyerMaker = false, lost = false } = {}) {
    const id = (this.#tradeIds.get(symbol) ?? 1_000) + 1;
    this.#tradeIds.set(symbol, id);
    if (lost) return;
    const common = { E: Date.now(), T: Date.now(), s: symbol, p: price, q: qty, m: isBuyerMaker };
    this.#send(symbol, '@trade', { e: 'trade', t: id, ...common });
    this.#send(symbol, '@aggTrade', { e: 'aggTrade', a: id, f: id, l: id, ...common });
  }

  /** Sends a text to every connection as it is. */
  sendRaw(text: string): void {
    for (const socket of this.connections.keys()) socket.send(text);
  }

  /** Cuts every connection, as a network does. */
  cut(): void {
    for (const socket of this.connections.keys()) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #book(symbol: string): VenueBook {
    let book = this.#books.get(symbol);
    if (book === undefined) {
      book = {
        bids: new Map([['99.0', '1.0']]),
        asks: new Map([['101.0', '1.0']]),
        lastUpdateId: 100,
      };
      this.#books.set(symbol, book);
    }
    return book;
  }

  #send(symbol: string, kind: string, data: unknown): void {
    const prefix = `${symbol.toLowerCase()}${kind}`;
    for (const [socket, streams] of this.connections) {
      for (const stream of streams) {
        const isOne = stream === prefix || stream.startsWith(`${prefix}@`);
        if (isOne) socket.send(JSON.stringify({ stream, data }));
      }
    }
  }

  #onConnection(socket: WebSocket, request: IncomingMessage): void {
    this.connects += 1;
    this.paths.push(request.url ?? '');
    const streams = new Set<string>();
    this.connections.set(socket, streams);
    socket.on('ping', (data) => {
      if (!this.deaf) socket.pong(data);
    });
    socket.on('close', () => this.connections.delete(socket));
    socket.on('message', (data) => {
      const { method, params, id } = JSON.parse((data as Buffer).toString()) as {
        method: string;
        params: string[];
        id: number;
      };
      this.requests.push({ method, params });
      if (this.mute) return;
      if (this.refuse) {
        socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id }));
        return;
      }
      for (const stream of params) streams.add(stream);
      socket.send(JSON.stringify({ result: null, id }));
    });
  }

  #onRest(request: IncomingMessage, response: ServerResponse): void {
    this.restRequests += 1;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const fault = this.restFaults.shift();
    if (fault !== undefined) {
      answer(fault.status, fault.body, fault.headers);
      return;
    }
    const symbol = url.searchParams.get('symbol') ?? '';
    if (url.pathname.endsWith('/exchangeInfo')) {
      answer(200, EXCHANGE_INFO);
    } else if (symbol.startsWith('NO')) {
      answer(400, { code: -1121, msg: 'Invalid symbol.' });
    } else if (url.pathname.endsWith('/depth')) {
      const { bids, asks, lastUpdateId } = this.#book(symbol);
      const age = this.oldSnapshots.shift() ?? 0;
      answer(200, {
        lastUpdateId: lastUpdateId - age,
        ...(this.#usdm ? { E: Date.now(), T: Date.now() } : {}),
        bids: [...bids],
        asks: [...asks],
      });
    } else if (url.pathname.endsWith('/trades')) {
      const limit = Number(url.searchParams.get('limit'));
      answer(
        200,
        Array.from({ length: limit }, (_, index) => ({
          id: index + 1,
          price: '100.5',
          qty: '0.1',
          time: 1_700_000_000_000 + index,
          isBuyerMaker: index % 2 === 0,
        })),
      );
    } else answer(404, { code: -1, msg: 'not found' });
  }
}
