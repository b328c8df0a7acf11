import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer, type WebSocket } from 'ws';

import { ChartHistory } from './chart-history.js';
import type { PageMessage } from './live-view.js';
import type { ResolvedServerOptions } from './server-options.js';
import type { ServerSource } from './server-source.js';
import type { ServerWarning } from './server-warning.js';
import { ViewText } from './view-text.js';

/** A page that has this much unread gets no more until it has read. */
const BACKLOG_BYTES = 512 * 1024;
const CHART_INTERVAL_MS = 1_000;
const PING_INTERVAL_MS = 10_000;

interface Page {
  readonly socket: WebSocket;
  readonly instrument: number;
  answered: boolean;
  /** It has every update up to the last one, so the next may say only what changed. */
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
  readonly #history = new ChartHistory();
  readonly #pages = new Set<Page>();
  readonly #views = new Map<number, ViewText>();
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
      this.#send(page, text({ type: 'history', points: this.#history.of(instrument) }));
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
    const made = new Map<number, ViewText>();
    for (const page of this.#pages) {
      if (page.socket.bufferedAmount > BACKLOG_BYTES) {
        this.#skipped += 1;
        page.isCurrent = false;
        continue;
      }
      const view = made.get(page.instrument) ?? this.#make(page.instrument);
      made.set(page.instrument, view);
      this.#send(page, page.isCurrent ? view.change : view.whole);
      page.isCurrent = true;
    }
    for (const instrument of this.#views.keys())
      if (!made.has(instrument)) this.#forget(instrument);
  }

  #make(instrument: number): ViewText {
    const view = this.#views.get(instrument) ?? new ViewText();
    this.#views.set(instrument, view);
    view.take(this.#source.view(instrument));
    return view;
  }

  /** No update was made: what changed since the last one would not be the whole truth. */
  #forget(instrument: number): void {
    this.#views.delete(instrument);
    for (const page of this.#pages) if (page.instrument === instrument) page.isCurrent = false;
  }

  #chart(): void {
    const first = this.#source.view(0);
    this.#history.add(first);
    for (let index = 1; index < first.instruments.length; index += 1) {
      this.#history.add(this.#source.view(index));
    }
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

function text(message: PageMessage): string {
  return JSON.stringify(message);
}
