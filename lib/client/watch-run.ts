import type { NativeLink } from '../native/addon.js';
import { tryLoadAddon } from '../native/load-addon.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { LiveRun } from '../strategy/run-live.js';
import { watchOf, type RunWatch } from '../strategy/run-watch.js';
import type { ClientPort } from './client-port.js';
import type { ClientSession, OpenSession } from './client-session.js';
import type { LiveClientOptions } from './client-options.js';
import { LiveClient } from './live-client.js';
import { nativeLinkOf } from './native-link-of.js';

/** What to give the client of {@link watchRun}; everything else is the run's. */
export type WatchRunOptions = Pick<
  LiveClientOptions,
  | 'healthIntervalMs'
  | 'keepTerminalOrders'
  | 'onConnectionLost'
  | 'onConnectionRestored'
  | 'onError'
  | 'queues'
  | 'snapshotIntervalMs'
  | 'snapshotLevels'
  | 'streamCapacity'
>;

const KEYS = knownKeys<WatchRunOptions>({
  healthIntervalMs: true,
  keepTerminalOrders: true,
  onConnectionLost: true,
  onConnectionRestored: true,
  onError: true,
  queues: true,
  snapshotIntervalMs: true,
  snapshotLevels: true,
  streamCapacity: true,
});

/**
 * A client that watches the run of a strategy from the main thread: the events, books, orders, fills,
 * positions and health of the strategy's own bot, for the live page, a recorder, metrics. A slow watcher does
 * not slow the strategy down: market data that does not fit is dropped here, counted, and the books are sent
 * again; everything else waits.
 *
 * Called in the same turn as `runLive`, and started in it, it sees the run from its first event on. Called later it
 * begins with books, positions and orders as they stand, and a balance is known with its next change. The client is
 * closed when the run ends; closing it earlier does not end the run. It sends nothing: methods that do throw
 * `ERR_READ_ONLY`. `start()` resolves once the strategy's bot is there, and throws `ERR_CLOSED` when the run ends
 * before.
 *
 * ```ts
 * const run = runLive({ strategy, instruments });
 * const client = watchRun(run);
 * client.on('orderUpdate', ({ order }) => console.log(order.orderId, order.state));
 * await client.start();
 * console.log(await run);
 * ```
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for anything but a run and for a wrong option, `ERR_INVALID_STATE`
 * while another client watches it.
 */
export function watchRun(run: LiveRun, options: WatchRunOptions = {}): LiveClient {
  const watch = watchOf(run);
  if (watch === undefined)
    throw new HftError('ERR_INVALID_ARGUMENT', 'run: must be the run of a strategy.', {
      remedy: 'Give the run itself, not what it resolves with.',
    });
  const { instruments, backend } = watch;
  const all = { ...checkKeys(options, KEYS, ''), instruments, backend, readOnly: true };
  const session = new WatchSession(watch);
  try {
    const client = new LiveClient(all, session.opener);
    // Also of a client that was never started.
    client.on('state', ({ current }) => {
      if (current === 'closed') session.end();
    });
    void watch.ended.then(() => client.close());
    return client;
  } catch (error) {
    session.end();
    throw error;
  }
}

/** A client's watch, from its making on: what the run brings until the client is started waits in the ring. */
class WatchSession {
  readonly #watch: RunWatch;
  #wake = (): void => undefined;
  #detach: (() => void) | undefined;

  /** @throws HftError `ERR_INVALID_STATE` while another client watches the run. */
  constructor(watch: RunWatch) {
    this.#watch = watch;
    this.#attach();
  }

  get opener(): OpenSession {
    const open: OpenSession = ({ onWake }) => this.#open(onWake);
    return Object.assign(open, { ring: this.#watch.ring });
  }

  end(): void {
    this.#detach?.();
    this.#detach = undefined;
  }

  #attach(): void {
    this.#detach ??= this.#watch.attach(() => {
      this.#wake();
    });
    if (this.#detach === undefined)
      throw new HftError('ERR_INVALID_STATE', 'the run is watched already.', {
        remedy: 'One client at a time may watch a run: share it, or close it first.',
      });
  }

  async #open(onWake: () => void): Promise<ClientSession> {
    // A client that was stopped and is started again.
    this.#attach();
    this.#wake = onWake;
    const watch = this.#watch;
    const began = await watch.began;
    if (began === undefined)
      throw new HftError('ERR_CLOSED', 'the run ended before its bot was there.', {
        remedy: 'Await the run: it rejects with the reason.',
      });
    const { botId, links } = began;
    return {
      backend: watch.backend,
      watches: true,
      botId,
      port: watchPort(watch, links.map(nativeLinkOf)),
      monotonicNs: clockOf(watch.backend),
      // The client is closed with the run; it does not fail.
      ended: new Promise(() => undefined),
      ordersLeft: () => [],
      close: () => {
        this.end();
        return Promise.resolve();
      },
    };
  }
}

/** Shows the bot's counters and links. No command gets here: the client refuses them. */
function watchPort({ port }: RunWatch, stubLinks: NativeLink[]): ClientPort {
  const refused = (): number => 0;
  return {
    submitOrder: refused,
    modify: refused,
    cancel: refused,
    cancelAll: refused,
    askOrder: refused,
    clearInactiveOrders: refused,
    resync: refused,
    agreeOrders: refused,
    stats: () => port?.stats() ?? null,
    links: () => port?.links() ?? stubLinks,
    stop: () => undefined,
    close: () => undefined,
  };
}

/** The stub's clock is its thread's own: delays on the way to this one are not measured then. */
function clockOf(backend: 'native' | 'stub'): () => number {
  const loaded = backend === 'native' ? tryLoadAddon() : undefined;
  if (loaded?.ok !== true) return () => 0;
  const { addon } = loaded;
  return () => addon.monotonicNs();
}
