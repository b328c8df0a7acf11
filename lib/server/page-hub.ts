import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer, type WebSocket } from 'ws';

import { MidHistory } from './history/mid-history.js';
import type { ResolvedServerOptions } from './server-options.js';
import type { ServerSource } from './server-source.js';
import type { ServerWarning } from './server-warning.js';
import { ViewText } from './view-text.js';
import type { PageMessage } from './view/page-message.js';

/** A page that has this much unread gets no more until it has read. */
const BACKLOG_BYTES = 512 * 1024;
const CHART_INTERVAL_MS = 1_000;
const PING_INTERVAL_MS = 10_000;

/** What was made for the pages of one instrument, and sent last. */
interface Sent {
  readonly text: ViewText;
  /** The candles of the newest seconds as JSON, and of which second they begin. */
  candles: string;
  sinceSecond: number;
}

interface Page {
  readonly socket: WebSocket;
  readonly instrument: number;
  answered: boolean;
  /** It has the past and every update up to the last one, so the next may say only what changed. */
  isCurrent: boolean;
}

/**
 * The open pages. A view is made once per update and instrument however many pages show it, and
 * not at all while none is open. A page gets the whole view first and then what changed; one that reads
 * too slowly misses updates, never gets old ones, and then gets the whole again.
 */
export class PageHub {
  readonly #source: ServerSource;
  readonly #options: ResolvedServerOptions;
  readonly #warning: ServerWarning;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    perMessageDeflate: false,
  });
  readonly #mids = new MidHistory();
  readonly #pages = new Set<Page>();
  readonly #views = new Map<number, Sent>();
  readonly #timers: NodeJS.Timeout[];
  #skipped = 0;

  constructor(source: ServerSource, options: ResolvedServerOptions, warning: ServerWarning) {
    this.#source = source;
    this.#options = options;
    this.#warning = warning;
    this.#timers = [
      setInterval(() => {
        this.#guarded(() => {
          this.#update();
        });
      }, options.updateIntervalMs),
      setInterval(() => {
        this.#guarded(() => {
          this.#chart();
        });
      }, CHART_INTERVAL_MS),
      setInterval(() => {
        this.#guarded(() => {
          this.#ping();
        });
      }, PING_INTERVAL_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Pages open now. */
  get size(): number {
    return this.#pages.size;
  }

  /** Updates that slow pages missed. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True when one page more may open. */
  get hasRoom(): boolean {
    return this.#pages.size < this.#options.maxPages;
  }

  /** Takes over a connection that asked for a WebSocket. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, instrument: number): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const page: Page = { socket: webSocket, instrument, answered: true, isCurrent: false };
      this.#pages.add(page);
      webSocket.on('pong', () => {
        page.answered = true;
      });
      // 'close' follows an error.
      webSocket.on('error', () => undefined);
      webSocket.on('close', () => {
        this.#pages.delete(page);
      });
    });
  }

  /** Closes every page. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const page of this.#pages) page.socket.close(1001, 'the server stops');
    for (const page of this.#pages) page.socket.terminate();
    this.#server.close();
  }

  /** A source that throws, or a page that goes, must not end the process: a timer has no caller. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#warning.report(error);
    }
  }

  #update(): void {
    const made = new Map<number, { readonly whole: string; readonly change: string }>();
    for (const page of this.#pages) {
      if (page.socket.bufferedAmount > BACKLOG_BYTES) {
        this.#skipped += 1;
        page.isCurrent = false;
        continue;
      }
      const { instrument } = page;
      const messages = made.get(instrument) ?? this.#make(instrument);
      made.set(instrument, messages);
      if (!page.isCurrent) this.#send(page, this.#past(instrument));
      this.#send(page, page.isCurrent ? messages.change : messages.whole);
      page.isCurrent = true;
    }
    for (const instrument of this.#views.keys())
      if (!made.has(instrument)) this.#forget(instrument);
  }

  /** The messages of an instrument for this update; `whole` is written when a page asks for it. */
  #make(instrument: number): { readonly whole: string; readonly change: string } {
    const nowSecond = Math.floor(Date.now() / 1000);
    const sent = this.#views.get(instrument) ?? {
      text: new ViewText(),
      candles: '',
      sinceSecond: nowSecond,
    };
    this.#views.set(instrument, sent);
    sent.text.take(this.#source.view(instrument));
    const candles = this.#source.candles?.(instrument, sent.sinceSecond) ?? [];
    const text = candles.length === 0 ? '' : JSON.stringify(candles);
    const change = sent.text.change(text === sent.candles ? '' : text);
    sent.candles = text;
    sent.sinceSecond = candles.at(-1)?.[0] ?? sent.sinceSecond;
    return {
      change,
      get whole() {
        return sent.text.whole;
      },
    };
  }

  #past(instrument: number): string {
    const candles = this.#source.candles?.(instrument, 0) ?? [];
    const message: PageMessage = { type: 'history', candles, mids: this.#mids.of(instrument) };
    return JSON.stringify(message);
  }

  /** No update was made: what changed since the last one would not be the whole truth. */
  #forget(instrument: number): void {
    this.#views.delete(instrument);
    for (const page of this.#pages) if (page.instrument === instrument) page.isCurrent = false;
  }

  /** The middle prices of this second, which stand in the view of any instrument. */
  #chart(): void {
    const { atMs, positions } = this.#source.view(0);
    for (const { market, mid } of positions) this.#mids.add(market, atMs, mid);
  }

  #ping(): void {
    for (const page of this.#pages) {
      if (!page.answered) page.socket.terminate();
      page.answered = false;
      page.socket.ping();
    }
  }

  #send(page: Page, message: string): void {
    if (page.socket.readyState === page.socket.OPEN) page.socket.send(message);
  }
}
