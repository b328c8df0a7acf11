import { setTimeout as sleep } from 'node:timers/promises';

import {
  BYBIT_RUNNER_KEYS,
  BybitConnectorRunner,
  type BybitConnectorRunnerOptions,
} from '../connector/bybit-connector-runner.js';
import type { RunnerEvent } from '../connector/runner-event.js';
import type { RunnerPort } from '../connector/runner-port.js';
import { HftError } from '../models/hft-error.js';
import { isBundled } from '../native/package-root.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { Backoff } from './backoff.js';
import type { ConnectorHealth, ConnectorWrapper } from './connector-wrapper.js';
import { defaultFeedLogger, silentFeedLogger, type FeedLogger } from './feed-logger.js';
import type { RawFeedEvent } from './raw-event.js';
import { StubbedConnector, type StubbedConnectorOptions } from './stubbed-connector.js';

/** Options of `BybitConnector`; all have defaults. */
export interface BybitFeedOptions {
  /** Default `bybit`. While the stub stands in, events come from `<name>-stub`. */
  readonly name?: string;
  /** Settings of the connector and its process. */
  readonly runner?: BybitConnectorRunnerOptions;
  /** Makes the runner; for tests. `publicOnly`: without keys, because they were refused. */
  readonly makeRunner?: (publicOnly: boolean) => RunnerPort;
  /**
   * Take made-up data when there is no connector binary, said loudly; never in a bundled program. Default
   * false: `connect()` fails.
   */
  readonly fallbackToStub?: boolean;
  /** Settings of the stub, should it be taken. */
  readonly stub?: StubbedConnectorOptions;
  /** Default: lines on standard error by `LOG_LEVEL`. `false`: none. */
  readonly logger?: FeedLogger | false;
}

const KEYS = knownKeys<BybitFeedOptions>({
  name: true,
  runner: true,
  makeRunner: true,
  fallbackToStub: true,
  stub: true,
  logger: true,
});

/** How a stream reconnects Bybit: 0.5 → 1 → 2 → 4 → 8 s, 10 s at most, 5 retries. */
export const BYBIT_BACKOFF: Backoff = Object.freeze({
  baseMs: 500,
  maxMs: 10_000,
  maxAttempts: 5,
});

/**
 * Codes by which venue and connector say that keys are not accepted: HTTP 401, Bybit's 10003
 * (key), 10004 (signature), 10005 (permission), 10007 (authentication), 10010 (address), 33004
 * (expired), and the words of the connector.
 */
const AUTH_CODES: ReadonlySet<string> = new Set([
  ...['401', '10003', '10004', '10005', '10007', '10010', '33004'],
  ...['auth_failed', 'auth_rejected', 'unauthorized', 'invalid_credentials'],
]);
/** HTTP 403 of too many requests, 429, and Bybit's 10006 and 10018. */
const LIMIT_CODES: ReadonlySet<string> = new Set(['403', '429', '10006', '10018', 'rate_limited']);
const WAIT_MS = 25;
/** How long one connect waits for a venue that is away; shorter than a stream's own time-out. */
const VENUE_WAIT_MS = 20_000;

/**
 * Bybit through a connector process: trades and depth over JSON lines. Without keys, and from the
 * moment that Bybit refuses them, there is public data only. Keys reach the process by its
 * environment and stand in no log, error or health.
 */
export class BybitConnector implements ConnectorWrapper {
  readonly backoff = BYBIT_BACKOFF;
  readonly #name: string;
  readonly #options: BybitFeedOptions;
  readonly #logger: FeedLogger;
  readonly #trades = new Set<string>();
  readonly #depth = new Set<string>();
  #runner: RunnerPort | undefined;
  #stub: StubbedConnector | undefined;
  #publicOnly = false;
  #disconnecting = false;
  #rateLimits = 0;
  /** The connector runs and says that it has lost the venue; it reconnects by itself. */
  #venueAway = false;
  /** Events of runners that are gone. */
  #earlierEvents = 0;

  /**
   * Nothing is started before `connect()`.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown option.
   */
  constructor(options: BybitFeedOptions = {}) {
    checkKeys(options, KEYS, '');
    if (options.runner !== undefined) checkKeys(options.runner, BYBIT_RUNNER_KEYS, 'runner');
    this.#options = options;
    this.#name = options.name ?? 'bybit';
    const { logger = defaultFeedLogger() } = options;
    this.#logger = logger === false ? silentFeedLogger : logger;
  }

  /** `bybit`, or `bybit-stub` while made-up data stands in. */
  get name(): string {
    return this.#stub === undefined ? this.#name : `${this.#name}-stub`;
  }

  /**
   * Starts the connector process, or waits until it runs again after its death, or until it has
   * its venue again.
   *
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND` unless the stub may stand in,
   * `ERR_CONNECTOR_EXITED`, `ERR_TIMEOUT`, `ERR_CONNECTOR_DOWN` while the venue is away.
   */
  async connect(): Promise<void> {
    this.#disconnecting = false;
    if (this.#stub !== undefined) {
      await this.#stub.connect();
      return;
    }
    if (this.#runner?.health.state === 'failed') await this.#dropRunner();
    this.#runner ??= this.#makeRunner();
    const runner = this.#runner;
    for (const symbol of this.#trades) runner.subscribe('trades', symbol);
    for (const symbol of this.#depth) runner.subscribe('depth', symbol);
    try {
      await runner.start();
      await this.#untilRunning(runner);
      await this.#untilVenue(runner);
    } catch (error) {
      // A process that runs and waits for its venue goes on doing so.
      const isWaiting = this.#venueAway && isRunning(runner);
      if (this.#runner === runner && !isWaiting) await this.#dropRunner();
      const isMissing = HftError.is(error, 'ERR_CONNECTOR_NOT_FOUND');
      // In a bundle it may be installed all the same: made-up data would be a surprise.
      if (!isMissing || this.#options.fallbackToStub !== true || isBundled()) throw error;
      await this.#standIn(error);
    }
  }

  /** Ends the connector process. Idempotent, never throws. */
  async disconnect(): Promise<void> {
    this.#disconnecting = true;
    this.#trades.clear();
    this.#depth.clear();
    const stub = this.#stub;
    this.#stub = undefined;
    await stub?.disconnect();
    await this.#dropRunner();
  }

  async subscribeTrades(symbol: string): Promise<void> {
    this.#requireConnected();
    this.#trades.add(symbol);
    this.#runner?.subscribe('trades', symbol);
    await this.#stub?.subscribeTrades(symbol);
  }

  async subscribeDepth(symbol: string): Promise<void> {
    this.#requireConnected();
    this.#depth.add(symbol);
    this.#runner?.subscribe('depth', symbol);
    await this.#stub?.subscribeDepth(symbol);
  }

  nextEvent(timeoutMs: number): Promise<RawFeedEvent | undefined> | RawFeedEvent | undefined {
    if (this.#stub !== undefined) return this.#stub.nextEvent(timeoutMs);
    const runner = this.#runner;
    if (runner === undefined) return undefined;
    const event = runner.nextEventNowait();
    if (event !== undefined) return this.#look(event, runner);
    if (this.#venueAway || !isRunning(runner)) return undefined;
    return runner
      .nextEvent(timeoutMs)
      .then((next) => (next === undefined ? undefined : this.#look(next, runner)));
  }

  get health(): ConnectorHealth {
    const stub = this.#stub?.health;
    const runner = this.#runner?.health;
    return {
      connected:
        stub?.connected ??
        (this.#runner !== undefined && isRunning(this.#runner) && !this.#venueAway),
      subscribedTrades: [...this.#trades],
      subscribedDepth: [...this.#depth],
      eventCounter: this.#earlierEvents + (stub?.eventCounter ?? runner?.events ?? 0),
      queueSize: stub?.queueSize ?? runner?.queueSize ?? 0,
      dropped: stub?.dropped ?? runner?.dropped ?? 0,
      conflated: stub?.conflated ?? runner?.conflated ?? 0,
      details: {
        backend: this.#stub === undefined ? 'bybit' : 'stub',
        publicOnly: this.#publicOnly,
        rateLimits: this.#rateLimits,
        processAlive: runner?.processAlive ?? false,
        pid: runner?.pid ?? null,
        restarts: runner?.restarts ?? 0,
        errorCount: runner?.errorCount ?? 0,
      },
    };
  }

  #makeRunner(): RunnerPort {
    const { makeRunner, runner = {} } = this.#options;
    if (makeRunner !== undefined) return makeRunner(this.#publicOnly);
    if (!this.#publicOnly) return new BybitConnectorRunner(runner);
    const withoutKeys = { ...runner, env: { ...(runner.env ?? process.env) } };
    for (const name of ['apiKey', 'apiSecret']) Reflect.deleteProperty(withoutKeys, name);
    for (const name of ['BYBIT_API_KEY', 'BYBIT_API_SECRET'])
      Reflect.deleteProperty(withoutKeys.env, name);
    return new BybitConnectorRunner(withoutKeys);
  }

  async #dropRunner(): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return;
    this.#runner = undefined;
    this.#venueAway = false;
    this.#earlierEvents += runner.health.events;
    await runner.stop();
  }

  /** A process that died is started again by its runner: wait until it runs, or is given up. */
  async #untilRunning(runner: RunnerPort): Promise<void> {
    while (!isRunning(runner)) {
      const { state } = runner.health;
      if (this.#disconnecting || this.#runner !== runner || state === 'stopped')
        throw disconnected(this.#name);
      if (state === 'failed')
        throw new HftError('ERR_CONNECTOR_EXITED', `${this.#name}: the connector process died.`, {
          remedy: 'See its log for the reason.',
        });
      await sleep(WAIT_MS);
    }
  }

  /** While its venue is away nothing of what it reports is of use: the books begin anew after. */
  async #untilVenue(runner: RunnerPort): Promise<void> {
    const endMs = performance.now() + VENUE_WAIT_MS;
    while (this.#venueAway) {
      if (this.#disconnecting || this.#runner !== runner) throw disconnected(this.#name);
      if (!isRunning(runner)) await this.#untilRunning(runner);
      if (performance.now() > endMs)
        throw new HftError('ERR_CONNECTOR_DOWN', `${this.#name}: the venue is away.`, {
          remedy: 'See the log of the connector for the reason.',
        });
      const event = await runner.nextEvent(WAIT_MS);
      if (event !== undefined) this.#look(event, runner);
    }
  }

  async #standIn(cause: HftError): Promise<void> {
    const what = `${this.#name}: no connector binary, MADE-UP DATA of the stub stands in.`;
    this.#logger.error({
      event: 'connector_stub_fallback',
      source: this.#name,
      error: cause.message,
      warning: what,
    });
    process.emitWarning(`${what} ${cause.message}`, { code: 'HFTBACKTEST_LIVE_STUB' });
    this.#stub = new StubbedConnector({ name: `${this.#name}-stub`, ...this.#options.stub });
    await this.#stub.connect();
  }

  /** Refused keys, rate limits, a venue that is away: what the connector itself must act on. */
  #look(raw: RunnerEvent, runner: RunnerPort): RunnerEvent {
    const event = this.#translate(raw);
    if (event.type !== 'error') return event;
    if (LIMIT_CODES.has(event.code)) {
      this.#rateLimits += 1;
      this.#logger.warn({
        event: 'connector_rate_limited',
        source: this.#name,
        code: event.code,
        message: event.message,
      });
    }
    if (AUTH_CODES.has(event.code) && !this.#publicOnly && this.#runner === runner) {
      this.#publicOnly = true;
      this.#logger.warn({
        event: 'connector_public_only',
        source: this.#name,
        code: event.code,
        message: 'Bybit refused the keys: from here on public data only.',
      });
      // The stream finds it gone, and connects again without keys.
      void this.#dropRunner();
    }
    return event;
  }

  /** The process's own words for its venue, in those of a connector. */
  #translate(event: RunnerEvent): RunnerEvent {
    if (event.type !== 'status') return event;
    const { status, details } = event;
    const text = typeof details['message'] === 'string' ? details['message'] : '';
    const { code } = details;
    switch (status) {
      case 'down':
        this.#venueAway = true;
        return { type: 'status', status: 'disconnected', details: { ...details, reason: text } };
      case 'up':
      case 'connected':
      case 'ready':
        this.#venueAway = false;
        return event;
      case 'notice':
        return typeof code === 'number' || typeof code === 'string'
          ? { type: 'error', code: String(code), message: text }
          : event;
      default:
        return event;
    }
  }

  #requireConnected(): void {
    if (this.#runner !== undefined || this.#stub !== undefined) return;
    throw new HftError('ERR_CONNECTOR_DOWN', `${this.#name} is not connected.`, {
      remedy: 'Call connect() first.',
    });
  }
}

function isRunning(runner: RunnerPort): boolean {
  const { state, processAlive } = runner.health;
  return state === 'running' && processAlive;
}

function disconnected(name: string): HftError {
  return new HftError('ERR_CLOSED', `${name} was disconnected.`, { remedy: 'Connect it again.' });
}
