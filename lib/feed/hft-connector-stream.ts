import { asError } from '../models/as-error.js';
import { HftError } from '../models/hft-error.js';
import { ConnectRetries } from './connect-retries.js';
import { ConnectorReader } from './connector-reader.js';
import type { ConnectorHealth, ConnectorWrapper } from './connector-wrapper.js';
import { Feed } from './feed.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedHealth } from './feed-health.js';
import { FeedLog } from './feed-log.js';
import { defaultFeedLogger, silentFeedLogger } from './feed-logger.js';
import { FeedMeter } from './feed-meter.js';
import type { FeedMetrics } from './feed-metrics.js';
import { normalizeEvent, type NormalizerOptions } from './normalizer.js';
import { StalenessWatch } from './staleness-watch.js';
import { StopGate } from './stop-gate.js';
import {
  resolveStreamOptions,
  type ResolvedStreamOptions,
  type StreamOptions,
} from './stream-options.js';

const LOST = 'the connector lost its connection';

/**
 * A feed over any `ConnectorWrapper`: reads it, normalises, fans out, measures, and reconnects it
 * after 0.5 → 1 → 2 → 4 → 8 s, at most 5 times in a row.
 */
export class HFTConnectorStream extends Feed {
  readonly #wrapper: ConnectorWrapper;
  readonly #options: ResolvedStreamOptions;
  readonly #meter = new FeedMeter();
  readonly #log: FeedLog;
  readonly #reader: ConnectorReader;
  readonly #retries: ConnectRetries;
  readonly #staleness: StalenessWatch;
  readonly #symbols: Set<string>;
  #normalizer: NormalizerOptions;
  #gate = new StopGate();
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #connected = false;
  #connectedAtMs = 0;
  #lastError = '';
  #lossReason = LOST;
  #emittingError = false;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(wrapper: ConnectorWrapper, options: StreamOptions) {
    super(wrapper.name);
    this.#wrapper = wrapper;
    this.#options = resolveStreamOptions(options, wrapper.backoff);
    this.#symbols = new Set(this.#options.symbols);
    this.#normalizer = this.#normalizerOptions();
    const { logger = defaultFeedLogger() } = options;
    this.#log = new FeedLog(
      logger === false ? silentFeedLogger : logger,
      wrapper.name,
      this.#options.logLimits,
    );
    this.#reader = new ConnectorReader(wrapper, this.#options, {
      onEvent: (raw) => {
        this.#handle(raw);
      },
      onPollError: (error) => {
        this.#meter.connectorErrors += 1;
        this.#report(error, 'connector');
      },
      room: () => this.hub.room(),
      lossReason: () => this.#lossReason,
    });
    this.#retries = new ConnectRetries(wrapper.name, this.#options, {
      connect: async () => {
        await wrapper.connect();
        // All at once: a connector may make one request of them.
        await Promise.all([...this.#symbols].map((symbol) => this.#subscribe(symbol)));
      },
      abandon: () => {
        void wrapper.disconnect().catch(() => undefined);
      },
      onFailed: (error, attempt, delayMs) => {
        this.#lastError = error.message;
        this.#log.connectionError(error, attempt, delayMs);
      },
      onPause: (attempt, delayMs) => {
        this.emit(
          'reconnecting',
          Object.freeze({ type: 'reconnecting', source: this.name, attempt, delayMs }),
        );
      },
    });
    this.#staleness = new StalenessWatch(this.#options.staleAfterMs, (stale, silentMs) => {
      const type = stale ? 'stale' : 'live';
      this.#log.note(`connector_${type}`, { silent_ms: Math.round(silentMs) });
      this.emit(type, Object.freeze({ type, source: this.name, silentMs }));
    });
  }

  start(): Promise<void> {
    if (this.#starting !== undefined) return this.#starting;
    const starting = this.#start().catch(async (error: unknown) => {
      await this.#wrapper.disconnect().catch(() => undefined);
      if (this.#starting === starting) this.#starting = undefined;
      throw error;
    });
    this.#starting = starting;
    return starting;
  }

  stop(): Promise<void> {
    this.#gate.stop();
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Subscribes to one more symbol, now and after every reconnect. */
  async subscribe(symbol: string): Promise<void> {
    if (typeof symbol !== 'string' || symbol === '')
      throw new HftError('ERR_INVALID_ARGUMENT', 'symbol: must be a text that is not empty.');
    this.#symbols.add(symbol);
    this.#normalizer = this.#normalizerOptions();
    if (this.#connected) await this.#subscribe(symbol);
  }

  /** Symbols that are subscribed on every connect. */
  get symbols(): readonly string[] {
    return [...this.#symbols];
  }

  get health(): FeedHealth {
    const of: ConnectorHealth = this.#wrapper.health;
    return Object.freeze({
      name: this.name,
      state: this.state,
      connected: this.#connected,
      lastTsMs: this.#meter.lastTsMs,
      lastEventAgeMs: this.#meter.lastEventAgeMs,
      stale: this.#staleness.stale,
      queueSize: this.hub.queueSize,
      reconnectionAttempts: this.#connected ? 0 : this.#retries.attempts,
      reconnections: this.#meter.reconnections,
      lastError: this.#lastError,
      connectorHealth: Object.freeze({
        connected: of.connected,
        subscribedTrades: of.subscribedTrades,
        subscribedDepth: of.subscribedDepth,
        eventCounter: of.eventCounter,
        queueSize: of.queueSize ?? 0,
        dropped: of.dropped ?? 0,
        details: of.details ?? {},
      }),
      queues: this.hub.queues(),
      sources: [],
    });
  }

  get metrics(): FeedMetrics {
    const own = this.#meter.metrics(this.name, this.hub, {});
    return { ...own, connectors: { [this.name]: own } };
  }

  /** @internal */
  protected override onConsumerError(error: Error): void {
    this.#meter.consumerErrors += 1;
    this.#report(error, 'consumer');
  }

  // ---- life

  async #start(): Promise<void> {
    // Made at once: a stop that comes in the same turn must find it.
    const gate = new StopGate();
    this.#gate = gate;
    await this.#stopping;
    if (gate.isStopped()) throw this.#wasStopped();
    this.#retries.attempts = 0;
    this.hub.revive();
    this.enter('connecting');
    try {
      await this.#connect(gate);
    } catch (error) {
      const failure = asError(error);
      this.#lastError = failure.message;
      if (!gate.isStopped()) this.enter('failed');
      throw failure;
    }
    if (gate.isStopped()) throw this.#wasStopped();
    this.#running = this.#run(gate);
  }

  #wasStopped(): HftError {
    return new HftError('ERR_CLOSED', `feed ${this.name} was stopped.`, {
      remedy: 'Call start() again.',
    });
  }

  async #stop(): Promise<void> {
    const starting = this.#starting;
    // A start from here on is another one.
    this.#starting = undefined;
    await starting?.catch(() => undefined);
    await this.#running;
    this.#running = undefined;
    this.#staleness.stop();
    const wasConnected = this.#connected;
    this.#connected = false;
    await this.#wrapper.disconnect().catch((error: unknown) => {
      this.#report(asError(error), 'connector');
    });
    if (wasConnected) this.#reportDisconnected('stopped');
    if (this.state !== 'created') this.enter('stopped');
    this.hub.end(undefined);
  }

  /** Reads, and reconnects after each loss, until stopped or given up. Never rejects. */
  async #run(gate: StopGate): Promise<void> {
    for (;;) {
      const reason = await this.#reader
        .read(gate)
        .catch((error: unknown) => asError(error).message);
      if (gate.isStopped()) return;
      this.#onLost(reason);
      try {
        await this.#connect(gate);
      } catch (error) {
        if (!gate.isStopped()) await this.#giveUp(asError(error));
        return;
      }
      if (gate.isStopped()) return;
    }
  }

  #onLost(reason: string): void {
    this.#connected = false;
    this.#staleness.stop();
    this.#meter.disconnections += 1;
    this.#lastError = reason;
    if (performance.now() - this.#connectedAtMs >= this.#options.backoff.stableAfterMs)
      this.#retries.attempts = 0;
    this.enter('reconnecting');
    this.#reportDisconnected(reason);
  }

  async #giveUp(error: Error): Promise<void> {
    this.#lastError = error.message;
    this.#starting = undefined;
    await this.#wrapper.disconnect().catch(() => undefined);
    this.enter('failed');
    this.#emitError(error, 'connection');
    this.hub.end(error);
  }

  /** Connects and subscribes; tries again by the backoff. */
  async #connect(gate: StopGate): Promise<void> {
    const again = this.state === 'reconnecting';
    await this.#retries.connect(gate, again ? this.#lastError : undefined);
    if (!gate.isStopped()) this.#onConnected(again);
  }

  async #subscribe(symbol: string): Promise<void> {
    const { trades, depth } = this.#options;
    await Promise.all([
      trades ? this.#wrapper.subscribeTrades(symbol) : undefined,
      depth ? this.#wrapper.subscribeDepth(symbol) : undefined,
    ]);
  }

  #onConnected(again: boolean): void {
    this.#connected = true;
    this.#connectedAtMs = performance.now();
    this.#lossReason = LOST;
    // A connector may stand in for another one since, under another name.
    this.#normalizer = this.#normalizerOptions();
    if (again) this.#meter.reconnections += 1;
    this.#staleness.start(
      () => performance.now() - Math.max(this.#meter.lastEventMonoMs ?? 0, this.#connectedAtMs),
    );
    this.enter('connected');
    this.#log.connected({ symbols: this.symbols, again });
    this.emit('connected', Object.freeze({ type: 'connected', source: this.name, again }));
  }

  // ---- reading

  #handle(raw: unknown): void {
    const type: unknown = typeof raw === 'object' && raw !== null && 'type' in raw ? raw.type : '';
    if (type === 'status' || type === 'error') {
      this.#handleNotice(raw as Readonly<Record<string, unknown>>);
      return;
    }
    const nowMs = performance.now();
    let event: FeedEvent;
    try {
      event = normalizeEvent(raw, this.#normalizer);
    } catch (error) {
      this.#meter.invalidEvents += 1;
      this.#report(asError(error), 'event');
      return;
    }
    const staged = this.#options.stages.length === 0 ? event : this.#stage(event);
    if (staged === undefined) return;
    this.#meter.record(staged, nowMs);
    this.#staleness.onEvent();
    this.#log.event(staged, nowMs);
    this.hub.emitEvent(staged);
  }

  #stage(event: FeedEvent): FeedEvent | undefined {
    let current: FeedEvent | undefined = event;
    try {
      for (const stage of this.#options.stages) {
        current = stage(current);
        if (!current) break; // A stage without types may return null.
      }
    } catch (error) {
      this.onConsumerError(asError(error));
      current = undefined;
    }
    if (current) return current;
    this.#meter.filtered += 1;
    return undefined;
  }

  #handleNotice(raw: Readonly<Record<string, unknown>>): void {
    if (raw['type'] === 'status') {
      const { status, details } = raw;
      this.#log.note('connector_status', { status, details });
      if (status === 'disconnected' && typeof details === 'object' && details !== null) {
        const reason: unknown = 'reason' in details ? details.reason : undefined;
        if (typeof reason === 'string') this.#lossReason = reason;
      }
      return;
    }
    this.#meter.connectorErrors += 1;
    const code = typeof raw['code'] === 'string' ? raw['code'] : 'unknown';
    const message = typeof raw['message'] === 'string' ? raw['message'] : '';
    this.#report(new HftError('ERR_CUSTOM', `${this.name}: ${code}: ${message}`), 'connector');
  }

  // ---- reporting

  #report(error: Error, origin: 'event' | 'consumer' | 'connector'): void {
    this.#log.error(error, origin, performance.now());
    this.#emitError(error, origin);
  }

  #emitError(error: Error, origin: 'event' | 'consumer' | 'connector' | 'connection'): void {
    // What an error handler throws is logged and counted, and not reported to it again.
    if (this.#emittingError) return;
    this.#emittingError = true;
    try {
      this.emit('error', Object.freeze({ type: 'error', source: this.name, origin, error }));
    } finally {
      this.#emittingError = false;
    }
  }

  #reportDisconnected(reason: string): void {
    this.#log.disconnected(reason);
    this.emit('disconnected', Object.freeze({ type: 'disconnected', source: this.name, reason }));
  }

  #normalizerOptions(): NormalizerOptions {
    const [only, ...others] = this.#symbols;
    return {
      source: this.#wrapper.name,
      ...(only !== undefined && others.length === 0 ? { defaultSymbol: only } : {}),
    };
  }
}
