import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import Fastify, { type FastifyInstance } from 'fastify';

import { HftError } from '../models/hft-error.js';
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

/** A request must be whole after so long, its head sooner: a slow one takes no connection for ever. */
const REQUEST_MS = 15_000;
const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
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
  readonly #http: FastifyInstance;
  readonly #warning = new ServerWarning();
  #hub: PageHub | undefined;
  #starting: Promise<string> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(source: ServerSource, options: LiveServerOptions = {}) {
    this.#source = source;
    this.#options = resolveServerOptions(options);
    this.#http = Fastify({
      logger: false,
      forceCloseConnections: true,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: REQUEST_MS,
      http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 1_000 },
    });
  }

  /**
   * Binds and serves. Resolves with the address, for instance `http://127.0.0.1:8787/`.
   *
   * @throws HftError `ERR_ALREADY_RUNNING` when the port is in use, `ERR_INVALID_DATA` when the page
   * is not built, `ERR_CLOSED` after `close()`.
   */
  start(): Promise<string> {
    if (this.#closing !== undefined)
      return Promise.reject(new HftError('ERR_CLOSED', 'the server is closed.'));
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
    this.#routes();
    const { host, port } = this.#options;
    let address: string;
    try {
      address = await this.#http.listen({ host, port });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE') throw error;
      throw new HftError('ERR_ALREADY_RUNNING', `port ${String(port)} of ${host} is in use.`, {
        remedy: 'Choose another port (0 takes a free one).',
        cause: error,
      });
    }
    const { server } = this.#http;
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

  #routes(): void {
    const http = this.#http;
    const page = readPage();
    const prometheus = new PrometheusText(this.#source);
    http.addHook('onRequest', async (request, reply) => {
      void reply.headers({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      if (!isAllowed(this.#options.allowedHosts, request.headers.host, undefined)) {
        await reply
          .code(421)
          .send({ error: 'this server is not called by that name; see allowedHosts' });
      } else if (request.method !== 'GET' && request.method !== 'HEAD') {
        await reply.code(405).header('allow', 'GET, HEAD').send({ error: 'GET only' });
      }
    });
    http.setNotFoundHandler(async (_request, reply) => {
      await reply
        .code(404)
        .send({ error: 'not found', paths: ['/', '/ready', '/metrics', '/ws/health'] });
    });
    http.get('/', async (_request, reply) => {
      await reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', page.contentSecurityPolicy)
        .send(page.html);
    });
    // A browser does not show its page why it was refused a WebSocket: the page asks here.
    http.get('/ws/live', async (request, reply) => {
      const { origin } = request.query as { readonly origin?: unknown };
      const from = typeof origin === 'string' ? origin : undefined;
      const { allowedHosts, pageHosts } = this.#options;
      const isHere = isAllowed(allowedHosts, request.headers.host, from, pageHosts);
      const room = this.#hub?.hasRoom === true ? '' : 'as many pages are open as may be';
      const error = isHere
        ? room
        : `pages of ${from ?? ''} are not allowed: start the server with this name (allowedHosts, or --allowed-hosts)`;
      await reply.code(426).header('upgrade', 'websocket').send({ error });
    });
    http.get('/ready', async (_request, reply) => {
      const readiness = this.#source.readiness();
      await reply.code(readiness.ready ? 200 : 503).send(readiness);
    });
    http.get('/ws/health', () => this.#source.wsHealth());
    http.get('/metrics', async (request, reply) => {
      if (!wantsText(request.headers.accept)) return this.#source.metrics();
      return reply.type(prometheus.contentType).send(await prometheus.text());
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers;
    // Not as a URL: there are request lines that are none, and they would throw.
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const instrument = Number(new URLSearchParams(query).get('instrument') ?? 0);
    const refuse = (status: string): void => {
      // One that never closes its side is not waited for.
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    const { allowedHosts, pageHosts } = this.#options;
    if (!isAllowed(allowedHosts, host, origin, pageHosts)) refuse('421 Misdirected Request');
    else if (path !== '/ws/live') refuse('404 Not Found');
    else if (!(instrument in this.#source.view(0).instruments)) refuse('400 Bad Request');
    else if (this.#hub?.hasRoom !== true) refuse('503 Service Unavailable');
    else this.#hub.accept(request, socket, head, instrument);
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    this.#hub?.close();
    await this.#http.close();
    this.#source.close();
  }
}

/** Prometheus asks for `text/plain` or OpenMetrics; browsers and curl get JSON. */
function wantsText(accept: string | undefined): boolean {
  return accept !== undefined && /text\/plain|application\/openmetrics-text/.test(accept);
}
