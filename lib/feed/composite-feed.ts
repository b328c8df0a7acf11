import { asError } from '../models/as-error.js';
import { HftError } from '../models/hft-error.js';
import type { NamesOf } from '../models/known-keys.js';
import { Feed } from './feed.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedConnectorHealth, FeedHealth } from './feed-health.js';
import { FeedLog, type FeedLogLimits } from './feed-log.js';
import { defaultFeedLogger, silentFeedLogger, type FeedLogger } from './feed-logger.js';
import { FeedMember, type RelayedNotice } from './feed-member.js';
import { FeedMeter } from './feed-meter.js';
import type { FeedMetrics } from './feed-metrics.js';
import type { FeedEventMap } from './feed-notice.js';

/** Options of every feed over other feeds. */
export interface CompositeOptions {
  /** Name in health and log. */
  readonly name?: string;
  /** Default: lines on standard error by `LOG_LEVEL`. `false`: none. */
  readonly logger?: FeedLogger | false;
  readonly logLimits?: FeedLogLimits;
}

/** The names of {@link CompositeOptions}. */
export const COMPOSITE_NAMES: NamesOf<CompositeOptions> = {
  name: true,
  logger: true,
  logLimits: true,
};

/** What feeds over other feeds share. The feeds behind it are started and stopped with it. */
export abstract class CompositeFeed extends Feed {
  /** @internal */
  protected readonly log: FeedLog;
  /** @internal */
  protected members: readonly FeedMember[];
  readonly #meter = new FeedMeter();
  #starting: Promise<void> | undefined;
  #emittingError = false;

  /** @internal */
  protected constructor(
    kind: string,
    feeds: readonly Feed[],
    { name = kind, logger = defaultFeedLogger(), logLimits }: CompositeOptions,
  ) {
    super(name);
    this.log = new FeedLog(logger === false ? silentFeedLogger : logger, name, logLimits);
    if (feeds.length === 0)
      throw new HftError('ERR_INVALID_ARGUMENT', `feeds: ${name} needs at least one.`);
    const names = feeds.map((feed) => feed.name);
    const twice = names.find((one, index) => names.indexOf(one) !== index);
    if (twice !== undefined)
      throw new HftError('ERR_INVALID_ARGUMENT', `feeds: two are named ${twice}.`, {
        remedy: 'Give each connector a name of its own, so that events tell them apart.',
      });
    this.members = feeds.map((feed) => new FeedMember(feed, this));
  }

  /** @internal */
  abstract onEvent(event: FeedEvent, member: FeedMember): void;
  /** @internal */
  abstract room(member: FeedMember): Promise<void> | undefined;
  /** Health of what the feed speaks for now. @internal */
  protected abstract summary(): {
    readonly connected: boolean;
    readonly stale: boolean;
    readonly connectorHealth: FeedConnectorHealth;
    readonly reconnectionAttempts: number;
    readonly lastError: string;
  };

  /** The feeds behind this one. */
  get feeds(): readonly Feed[] {
    return this.members.map(({ feed }) => feed);
  }

  /**
   * Starts every feed behind it; resolves when the first of them is connected.
   *
   * @throws HftError `ERR_CONNECTOR_DOWN` when none could be connected.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.onStop();
    await Promise.all(this.members.map(({ feed }) => feed.stop()));
    await this.#starting?.catch(() => undefined);
    this.#starting = undefined;
    if (this.state !== 'created') this.enter('stopped');
    this.hub.end(undefined);
  }

  get health(): FeedHealth {
    const { connected, stale, connectorHealth, reconnectionAttempts, lastError } = this.summary();
    return Object.freeze({
      name: this.name,
      state: this.state,
      connected,
      lastTsMs: this.#meter.lastTsMs,
      lastEventAgeMs: this.#meter.lastEventAgeMs,
      stale,
      queueSize: this.hub.queueSize,
      reconnectionAttempts,
      reconnections: this.#meter.reconnections,
      lastError,
      connectorHealth,
      queues: this.hub.queues(),
      sources: this.members.map(({ feed }) => feed.health),
    });
  }

  get metrics(): FeedMetrics {
    const connectors: Record<string, FeedMetrics> = {};
    for (const { feed } of this.members) Object.assign(connectors, feed.metrics.connectors);
    return this.#meter.metrics(this.name, this.hub, connectors);
  }

  /** @internal */
  onNotice<K extends RelayedNotice>(name: K, notice: FeedEventMap[K], _member: FeedMember): void {
    if (name === 'state') return;
    if (name === 'disconnected') this.#meter.disconnections += 1;
    if (name === 'connected' && (notice as FeedEventMap['connected']).again)
      this.#meter.reconnections += 1;
    if (name === 'error') this.#emitError(notice as FeedEventMap['error']);
    else this.emit(name, notice);
    this.refreshState();
  }

  /** After a change behind it, while it runs. @internal */
  protected refreshState(): void {
    if (this.state !== 'connected' && this.state !== 'reconnecting') return;
    this.enter(this.summary().connected ? 'connected' : 'reconnecting');
  }

  /** @internal */
  protected override onConsumerError(error: Error): void {
    this.#meter.consumerErrors += 1;
    this.log.error(error, 'consumer', performance.now());
    this.#emitError(Object.freeze({ type: 'error', source: this.name, origin: 'consumer', error }));
  }

  /** To the consumers. @internal */
  protected pass(event: FeedEvent): void {
    this.#meter.record(event, performance.now());
    this.hub.emitEvent(event);
  }

  /** @internal */
  protected reportError(error: Error): void {
    this.#emitError(
      Object.freeze({ type: 'error', source: this.name, origin: 'connection', error }),
    );
  }

  /** Before the feeds behind it start. @internal */
  protected onStart(): void {}

  /** Before the feeds behind it stop. @internal */
  protected onStop(): void {}

  async #start(): Promise<void> {
    this.hub.revive();
    this.enter('connecting');
    this.onStart();
    const started = this.members.map(async ({ feed }) => {
      try {
        await feed.start();
      } catch (error) {
        this.reportError(asError(error));
        throw error;
      }
    });
    try {
      await Promise.any(started);
    } catch (error) {
      this.onStop();
      this.enter('failed');
      throw new HftError('ERR_CONNECTOR_DOWN', `${this.name}: no feed could be connected.`, {
        remedy: 'See the error of each feed in `cause`.',
        cause: error,
      });
    }
    this.enter('connected');
  }

  #emitError(notice: FeedEventMap['error']): void {
    if (this.#emittingError) return;
    this.#emittingError = true;
    try {
      this.emit('error', notice);
    } finally {
      this.#emittingError = false;
    }
  }
}
