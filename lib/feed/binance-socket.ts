import { WebSocket } from 'ws';

import { HftError } from '../models/hft-error.js';
import { whatHappened } from '../models/what-happened.js';
import { jsonExcerpt } from '../models/json-excerpt.js';
import { proxyAgent } from './proxy-agent.js';

/** How one connection with Binance behaves. */
export interface BinanceSocketOptions {
  readonly url: string;
  /** How often a ping goes out; an answer, or anything else, must come before the next. */
  readonly heartbeatMs: number;
  /** Age at which another connection takes over, before the venue ends this one. */
  readonly maxAgeMs: number;
  /** How long both run side by side then. */
  readonly handoverMs: number;
  /** How long a connect or an answer to a subscription may take. */
  readonly timeoutMs: number;
  /** Shortest time between two requests; the venue allows 5 per second. */
  readonly requestGapMs: number;
}

/** What a socket reports to its owner. */
export interface BinanceSocketEvents {
  /** The content of one frame. */
  onData(data: Readonly<Record<string, unknown>>): void;
  /** It is gone without having been closed here. */
  onLost(reason: string): void;
  /** Something failed, and it goes on. */
  onError(code: string, message: string): void;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type Fields = Readonly<Record<string, unknown>>;

/** Streams that one request may name. */
const STREAMS_PER_REQUEST = 200;

/**
 * One combined-stream connection: subscriptions with their answers, heartbeat, and a second
 * connection that takes over before the venue ends the first. For a while both report the same: the
 * owner drops what it has seen by its number.
 */
export class BinanceSocket {
  readonly #options: BinanceSocketOptions;
  readonly #events: BinanceSocketEvents;
  readonly #streams = new Set<string>();
  #current: Connection | undefined;
  #next: Connection | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #queued: { stream: string; pending: Pending }[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #requestedAtMs = -Infinity;
  #rotations = 0;
  #closed = true;

  constructor(options: BinanceSocketOptions, events: BinanceSocketEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Times another connection took over. */
  get rotations(): number {
    return this.#rotations;
  }

  /** Connects, and subscribes to what was subscribed before. */
  async open(): Promise<void> {
    this.#closed = false;
    const connection = this.#connection();
    this.#current = connection;
    await connection.open();
    await this.#subscribeAll(connection);
    this.#watchAge();
  }

  /** Subscribes to one stream; requests of the same moment go out as one. */
  subscribe(stream: string): Promise<void> {
    if (this.#streams.has(stream)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#queued.push({ stream, pending: { resolve, reject } });
      this.#scheduleFlush();
    });
  }

  /** Closes whatever is open. What was subscribed is forgotten with `forget`. */
  close(forget: boolean): void {
    this.#closed = true;
    clearTimeout(this.#ageTimer);
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#current?.close();
    this.#next?.close();
    this.#current = undefined;
    this.#next = undefined;
    for (const { pending } of this.#queued.splice(0)) pending.reject(closedError());
    if (forget) this.#streams.clear();
  }

  #connection(): Connection {
    const connection: Connection = new Connection(this.#options, {
      onData: (data) => {
        this.#events.onData(data);
      },
      onLost: (reason) => {
        this.#onLost(connection, reason);
      },
    });
    return connection;
  }

  #onLost(connection: Connection, reason: string): void {
    if (this.#closed) return;
    if (connection === this.#next) {
      this.#next = undefined;
      this.#events.onError('rotation_failed', reason);
      this.#watchAge(this.#options.maxAgeMs / 100);
      return;
    }
    if (connection !== this.#current) return;
    this.close(false);
    this.#events.onLost(reason);
  }

  #scheduleFlush(): void {
    if (this.#flushTimer !== undefined) return;
    const dueMs = this.#requestedAtMs + this.#options.requestGapMs - performance.now();
    this.#flushTimer = setTimeout(
      () => {
        this.#flushTimer = undefined;
        void this.#flush();
      },
      Math.max(0, dueMs),
    );
  }

  async #flush(): Promise<void> {
    const batch = this.#queued.splice(0, STREAMS_PER_REQUEST);
    if (this.#queued.length > 0) this.#scheduleFlush();
    const streams = batch.map(({ stream }) => stream);
    try {
      if (this.#current === undefined) throw closedError();
      this.#requestedAtMs = performance.now();
      await this.#current.request('SUBSCRIBE', streams);
      // Also on a connection that is about to take over.
      const next = this.#next;
      if (next !== undefined)
        next.request('SUBSCRIBE', streams).catch((error: unknown) => {
          this.#events.onError('rotation_failed', String(error));
        });
      for (const stream of streams) this.#streams.add(stream);
      for (const { pending } of batch) pending.resolve();
    } catch (error) {
      for (const { pending } of batch) pending.reject(error as Error);
    }
  }

  async #subscribeAll(connection: Connection): Promise<void> {
    const streams = [...this.#streams];
    for (let at = 0; at < streams.length; at += STREAMS_PER_REQUEST) {
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, this.#options.requestGapMs));
      this.#requestedAtMs = performance.now();
      await connection.request('SUBSCRIBE', streams.slice(at, at + STREAMS_PER_REQUEST));
    }
  }

  #watchAge(inMs = this.#options.maxAgeMs): void {
    clearTimeout(this.#ageTimer);
    // A longer time-out than Node knows would fire at once.
    this.#ageTimer = setTimeout(() => void this.#rotate(), Math.min(inMs, 2 ** 31 - 1));
    this.#ageTimer.unref();
  }

  async #rotate(): Promise<void> {
    if (this.#closed || this.#next !== undefined) return;
    const next = this.#connection();
    this.#next = next;
    try {
      await next.open();
      await this.#subscribeAll(next);
    } catch (error) {
      next.close();
      this.#onLost(next, String(error));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, this.#options.handoverMs));
    // Either may have been lost meanwhile.
    if (this.#isGone(next)) return;
    const old = this.#current;
    this.#current = next;
    this.#next = undefined;
    this.#rotations += 1;
    old?.close();
    this.#watchAge();
  }

  #isGone(next: Connection): boolean {
    return this.#closed || this.#next !== next;
  }
}

/** One WebSocket. */
class Connection {
  readonly #options: BinanceSocketOptions;
  readonly #events: Pick<BinanceSocketEvents, 'onData' | 'onLost'>;
  readonly #pending = new Map<number, Pending>();
  #socket: WebSocket | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #heard = true;
  #requestId = 0;
  #ended = false;

  constructor(
    options: BinanceSocketOptions,
    events: Pick<BinanceSocketEvents, 'onData' | 'onLost'>,
  ) {
    this.#options = options;
    this.#events = events;
  }

  async open(): Promise<void> {
    const { url, timeoutMs, heartbeatMs } = this.#options;
    const agent = proxyAgent(url);
    const socket = new WebSocket(url, {
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      ...(agent === undefined ? {} : { agent }),
    });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (cause) => {
        const known = HftError.is(cause) ? cause.remedy : '';
        const remedy = known === '' ? REACH : known;
        const what = `${url}: ${whatHappened(cause)}`;
        reject(new HftError('ERR_CONNECTOR_DOWN', what, { remedy, cause }));
      });
      socket.once('close', () => {
        reject(closedError());
      });
    });
    let lastWord = '';
    socket.on('error', (error) => {
      lastWord = error.message;
    });
    socket.on('close', (code, reason) => {
      const said = reason.toString() === '' ? lastWord : reason.toString();
      this.#end(`closed with ${String(code)}${said === '' ? '' : `: ${said}`}`);
    });
    socket.on('message', (data) => {
      this.#heard = true;
      this.#onMessage(data);
    });
    // A ping of the venue is answered by `ws` itself.
    for (const name of ['ping', 'pong'] as const)
      socket.on(name, () => {
        this.#heard = true;
      });
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, heartbeatMs);
  }

  request(method: 'SUBSCRIBE', params: readonly string[]): Promise<void> {
    this.#requestId += 1;
    const id = this.#requestId;
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#socket === undefined) {
        reject(closedError());
        return;
      }
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(
          new HftError('ERR_TIMEOUT', `Binance did not answer ${method} ${params.join(',')}.`, {
            remedy: REACH,
          }),
        );
      }, this.#options.timeoutMs);
      this.#pending.set(id, {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#socket.send(JSON.stringify({ method, params, id }));
    });
  }

  close(): void {
    this.#ended = true;
    clearInterval(this.#heartbeat);
    for (const pending of this.#pending.values()) pending.reject(closedError());
    this.#pending.clear();
    const socket = this.#socket;
    if (socket === undefined) return;
    // Its owner does not listen any more: an error while it closes is not reported.
    socket.on('error', () => undefined);
    if (socket.readyState === WebSocket.OPEN) {
      socket.close(1000);
      const timer = setTimeout(() => {
        socket.terminate();
      }, 1_000);
      timer.unref();
      socket.once('close', () => {
        clearTimeout(timer);
      });
    } else socket.terminate();
  }

  #beat(): void {
    if (!this.#heard) {
      this.#socket?.terminate();
      this.#end(`silent for ${String(this.#options.heartbeatMs)} ms`);
      return;
    }
    this.#heard = false;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.close();
    this.#events.onLost(reason);
  }

  #onMessage(data: WebSocket.RawData): void {
    if (this.#ended) return;
    const frame = readFrame(data);
    const content = frame?.['data'];
    if (frame === undefined || (content !== undefined && !isFields(content))) {
      this.#events.onData(UNREADABLE);
      return;
    }
    if (content !== undefined) {
      this.#events.onData(content);
      return;
    }
    const { id } = frame;
    if (id === undefined && frame['error'] === undefined) this.#events.onData(UNREADABLE);
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    this.#pending.delete(id as number);
    const { error } = frame;
    const { code, msg } = isFields(error) ? error : frame;
    if (code === undefined) pending.resolve();
    else
      pending.reject(
        new HftError(
          'ERR_VENUE_REFUSED',
          `Binance refused: ${jsonExcerpt(code)} ${jsonExcerpt(msg, 200)}`,
          { remedy: 'Write the symbol as Binance does; else its answer says what it wants.' },
        ),
      );
  }
}

/** A frame of which nothing can be read, in the words of the owner. */
const UNREADABLE: Fields = Object.freeze({ e: 'unreadable' });

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `undefined`: no JSON, or no object. */
function readFrame(data: WebSocket.RawData): Fields | undefined {
  try {
    // A text frame comes as one Buffer.
    const value: unknown = JSON.parse((data as Buffer).toString());
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of a venue that does not answer. */
const REACH = 'See whether this machine reaches the venue, directly or by the proxy that is set.';

function closedError(): HftError {
  return new HftError('ERR_CONNECTOR_DOWN', 'the connection with Binance is closed.', {
    remedy: REACH,
  });
}
