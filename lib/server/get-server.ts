import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { isAllowed } from './host-guard.js';

/** A request must be whole after so long, its head sooner: a slow one takes no connection for ever. */
const TIMES = {
  requestTimeout: 15_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
};
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** What a request is answered with. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is and needs a `content-type`; anything else as JSON. */
  readonly body: unknown;
}

/** Answers the requests for one path. */
export type Route = (request: IncomingMessage, query: URLSearchParams) => Answer | Promise<Answer>;

/**
 * An HTTP server for GET and HEAD of a few paths, on Node's own: a web framework would be half of what users
 * install. Requests under a name that is not allowed are refused, and a route that throws is an answer 500.
 */
export class GetServer {
  /** For what is no GET: upgrades, errors, limits. */
  readonly http: Server;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #onError: (error: unknown) => void;

  constructor(
    routes: Readonly<Record<string, Route>>,
    allowedHosts: ReadonlySet<string>,
    onError: (error: unknown) => void,
  ) {
    this.#routes = new Map(Object.entries(routes));
    this.#allowedHosts = allowedHosts;
    this.#onError = onError;
    this.http = createServer(TIMES, (request, response) => {
      this.#respond(request, response).catch((error: unknown) => {
        response.destroy();
        onError(error);
      });
    });
  }

  /** Binds; resolves with the address, `http://127.0.0.1:8787` for instance. Rejects as `listen` of Node does. */
  async listen(host: string, port: number): Promise<string> {
    // The name stands for two addresses, of which Node would take any one.
    const bind = host === 'localhost' ? '127.0.0.1' : host;
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject).listen({ host: bind, port }, () => {
        this.http.off('error', reject);
        resolve();
      });
    });
    // A server that listens on a port has such an address.
    const { address, family, port: bound } = this.http.address() as AddressInfo;
    // A browser cannot open "all addresses".
    const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
    return `http://${family === 'IPv6' ? `[${name}]` : name}:${String(bound)}`;
  }

  /** Ends every connection that is none of a WebSocket, and frees the port. */
  async close(): Promise<void> {
    if (!this.http.listening) return;
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeAllConnections();
    await closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      this.#onError(error);
      answer = { status: 500, body: { error: 'the server failed to answer' } };
    }
    const { status = 200, headers = {}, body } = answer;
    const isText = typeof body === 'string';
    const bytes = Buffer.from(isText ? body : JSON.stringify(body));
    const type = isText ? {} : { 'content-type': 'application/json; charset=utf-8' };
    const length = { 'content-length': bytes.length };
    response.writeHead(status, { ...HEADERS, ...type, ...headers, ...length }).end(bytes);
  }

  #answer(request: IncomingMessage): Answer | Promise<Answer> {
    const { method, headers, url = '' } = request;
    if (!isAllowed(this.#allowedHosts, headers.host, undefined)) {
      const error = 'this server is not called by that name; see allowedHosts';
      return { status: 421, body: { error } };
    }
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, headers: { allow: 'GET, HEAD' }, body: { error: 'GET only' } };
    // Not as a URL: there are request lines that are none, and they would throw.
    const [path = '', query = ''] = url.split('?', 2);
    const route = this.#routes.get(path);
    if (route !== undefined) return route(request, new URLSearchParams(query));
    const paths = ['/', '/ready', '/metrics', '/ws/health'];
    return { status: 404, body: { error: 'not found', paths } };
  }
}
