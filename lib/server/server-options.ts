import { isIP } from 'node:net';

import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';

/** Options of `LiveServer`. */
export interface LiveServerOptions {
  /** Address to bind. Default `127.0.0.1`: reachable from this machine only. */
  readonly host?: string;
  /** Port; 0 takes a free one. Default 8787. */
  readonly port?: number;
  /**
   * Names under which the server may be called, beside `localhost`, the loopback addresses and
   * `host`. A request with another `Host` gets 421: it comes from a page that has no business here.
   * Behind a proxy that calls the server by another name: the name by which browsers call the proxy.
   */
  readonly allowedHosts?: readonly string[];
  /** Updates of the live page per second, 1 to 10. Default 10. */
  readonly updatesPerSecond?: number;
  /** Most pages open at once; one more is answered with 503. Default 16. */
  readonly maxPages?: number;
}

const KEYS = knownKeys<LiveServerOptions>({
  host: true,
  port: true,
  allowedHosts: true,
  updatesPerSecond: true,
  maxPages: true,
});

/** Options with their defaults, checked. */
export interface ResolvedServerOptions {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: ReadonlySet<string>;
  /** Names that were given: pages may come from there, whatever `Host` a proxy writes. */
  readonly pageHosts: ReadonlySet<string>;
  readonly updateIntervalMs: number;
  readonly maxPages: number;
}

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option, or an unknown one. */
export function resolveServerOptions(options: LiveServerOptions): ResolvedServerOptions {
  checkKeys(options, KEYS, '');
  const { host = '127.0.0.1', port = 8787, updatesPerSecond = 10, maxPages = 16 } = options;
  check(host !== '', 'host', host, 'must be an address or a name');
  check(isWhole(port, 0, 65_535), 'port', port, 'must be 0 to 65535');
  check(
    updatesPerSecond >= 1 && updatesPerSecond <= 10,
    'updatesPerSecond',
    updatesPerSecond,
    'must be 1 to 10',
  );
  check(isWhole(maxPages, 1, 1000), 'maxPages', maxPages, 'must be 1 to 1000');
  const names = ['localhost', '127.0.0.1', '[::1]', ...(options.allowedHosts ?? [])];
  // A wildcard address is no name that a browser could have called.
  if (host !== '0.0.0.0' && host !== '::') names.push(isIP(host) === 6 ? `[${host}]` : host);
  return {
    host,
    port,
    allowedHosts: new Set(names.map((name) => name.toLowerCase())),
    pageHosts: new Set((options.allowedHosts ?? []).map((name) => name.toLowerCase())),
    updateIntervalMs: 1000 / updatesPerSecond,
    maxPages,
  };
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function check(holds: boolean, name: string, value: unknown, rule: string): void {
  if (holds) return;
  throw new HftError('ERR_INVALID_ARGUMENT', `${name}: ${rule}, got ${String(value)}.`);
}
