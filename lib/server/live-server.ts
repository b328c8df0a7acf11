import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { HftError } from '../models/hft-error.js';
import { GetServer, type Route } from './get-server.js';
import { askedInstrument } from './asked-instrument.js';
import { isAllowed } from './host-guard.js';
import { PageHub } from './page-hub.js';
import { readPage } from './page-file.js';
import { PrometheusText } from './prometheus.js';
import {
  resolveServerOptions,
  type LiveServerOptions,
  type ResolvedServerOptions,
} from './server-options.js';
import type { ServerSource } from './server-source.js';
import { ServerWarning } from './server-warning.js';

/** Connections beside the pages; one more is closed at once. Descriptors are the trading's as well. */
const SPARE_CONNECTIONS = 240;

/**
 * An HTTP server that shows a running bot and takes no orders: `GET /` the live page,
 * `GET /ws/health`, `GET /metrics` (JSON, or Prometheus text when `Accept` asks for it) and
 * `GET /ready` (200 or 503). Binds loopback by default, answers GET only, checks the `Host` header,
 * and shows no secrets: it is not given any. No request can end the process:
 * requests are bounded in number, size and time, and what fails is answered or closed.
 *
 * ```ts
 * await using server = new LiveServer(new ClientSource(client), { port: 8787 });
 * console.log(await server.start());
 * ```
 */
export class LiveServer {
  readonly #source: ServerSource;
  readonly #options: ResolvedServerOptions;
  #http: GetServer | undefined;
  readonly #warning = new ServerWarning();
  #hub: PageHub | undefined;
  #starting: Promise<string> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(source: ServerSource, options: LiveServerOptions = {}) {
    this.#source = source;
    this.#options = resolveServerOptions(options);
  }

  /**
   * Binds and serves. Resolves with the address, for instance `http://127.0.0.1:8787/`.
   *
   * @throws HftError `ERR_ALREADY_RUNNING` when the port is in use, `ERR_INVALID_DATA` when the page
   * is not built, `ERR_CLOSED` after `close()`.
   */
  start(): Promise<string> {
    if (this.#closing !== undefined)
      return Promise.reject(
        new HftError('ERR_CLOSED', 'the server is closed.', { remedy: 'Make a new one.' }),
      );
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Pages open now, and updates that slow ones missed. */
  get pages(): { readonly open: number; readonly skippedUpdates: number } {
    return { open: this.#hub?.size ?? 0, skippedUpdates: this.#hub?.skipped ?? 0 };
  }

  /** Ends every connection and frees the port. Idempotent; the source is closed too. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** As `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(): Promise<string> {
    const { host, port, allowedHosts } = this.#options;
    const http = new GetServer(this.#routes(), allowedHosts, (error) => {
      this.#warning.report(error);
    });
    this.#http = http;
    let address: string;
    try {
      address = await http.listen(host, port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE') throw error;
      throw new HftError('ERR_ALREADY_RUNNING', `port ${String(port)} of ${host} is in use.`, {
        remedy: 'Choose another port (0 takes a free one).',
        cause: error,
      });
    }
    const server = http.http;
    this.#hub = new PageHub(this.#source, this.#options, this.#warning);
    server.maxConnections = this.#options.maxPages + SPARE_CONNECTIONS;
    // Out of descriptors, for instance: connections wait or fail, the process goes on.
    server.on('error', (error) => {
      this.#warning.report(error);
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      // Also one that is refused may be reset by its other side.
      socket.on('error', () => undefined);
      try {
        this.#upgrade(request, socket, head);
      } catch (error) {
        socket.destroy();
        this.#warning.report(error);
      }
    });
    return `${address}/`;
  }

  #routes(): Record<string, Route> {
    const page = readPage();
    const prometheus = new PrometheusText(this.#source);
    return {
      '/': () => ({
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': page.contentSecurityPolicy,
        },
        body: page.html,
      }),
      // A browser does not show its page why it was refused a WebSocket: the page asks here.
      '/ws/live': ({ headers: { host } }, query) => {
        const from = query.get('origin') ?? undefined;
        const { allowedHosts, pageHosts } = this.#options;
        const isHere = isAllowed(allowedHosts, host, from, pageHosts);
        const room = this.#hub?.hasRoom === true ? '' : 'as many pages are open as may be';
        const error = isHere
          ? room
          : `pages of ${from ?? ''} are not allowed: start the server with this name (allowedHosts, or --allowed-hosts)`;
        return { status: 426, headers: { upgrade: 'websocket' }, body: { error } };
      },
      '/ready': () => {
        const readiness = this.#source.readiness();
        return { status: readiness.ready ? 200 : 503, body: readiness };
      },
      '/ws/health': () => ({ body: this.#source.wsHealth() }),
      '/metrics': async ({ headers: { accept } }) =>
        wantsText(accept)
          ? { headers: { 'content-type': prometheus.contentType }, body: await prometheus.text() }
          : { body: this.#source.metrics() },
    };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers;
    // Not as a URL: there are request lines that are none, and they would throw.
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const asked = new URLSearchParams(query);
    const refuse = (status: string): void => {
      // One that never closes its side is not waited for.
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    const { allowedHosts, pageHosts } = this.#options;
    if (!isAllowed(allowedHosts, host, origin, pageHosts)) refuse('421 Misdirected Request');
    else if (path !== '/ws/live') refuse('404 Not Found');
    else if (this.#hub?.hasRoom !== true) refuse('503 Service Unavailable');
    else {
      const instrument = askedInstrument(asked, this.#source.view(0).markets);
      if (instrument === undefined) refuse('400 Bad Request');
      else this.#hub.accept(request, socket, head, instrument);
    }
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    this.#hub?.close();
    await this.#http?.close();
    this.#source.close();
  }
}

/** Prometheus asks for `text/plain` or OpenMetrics; browsers and curl get JSON. */
function wantsText(accept: string | undefined): boolean {
  return accept !== undefined && /text\/plain|application\/openmetrics-text/.test(accept);
}
