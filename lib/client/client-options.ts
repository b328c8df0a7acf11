import {
  resolveInstruments,
  resolveReadOnly,
  requireRoi,
  type BotOptions,
  type InstrumentInput,
} from '../models/bot-options.js';
import { assignConnector, type AssignedConnector } from '../connector/assign-connector.js';
import type { OwnedConnectorOptions } from '../connector/owned-connector-options.js';
import type { Backend } from '../bot/create.js';
import { checkDepth, type DepthKind } from '../bot/depth-kind.js';
import { nativeBotConfig } from '../bot/native-bot-config.js';
import type { WaitOptions, WaitStrategy } from '../models/wait-options.js';
import { checkWhole } from '../models/arguments.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, keysOfTable, knownKeys } from '../models/known-keys.js';
import { withoutUndefined } from '../models/without-undefined.js';
import type { RequiredOrders } from '../models/orders-kind.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { NativeBotConfig } from '../native/addon.js';
import { STUB_KEYS, type StubOptions } from '../stub/stub-options.js';
import type { ClientErrorEvent, ConnectionChange } from './client-event.js';
import type { QueueName, QueueSettings } from './event-hub.js';
import { RATE_LIMIT_KEYS, type RateLimit } from './token-bucket.js';

/** Options of `LiveClient`. Only `instruments` is required. */
export interface LiveClientOptions {
  /** At least one; their order gives the asset numbers. */
  readonly instruments: readonly InstrumentInput[];
  /** Default `auto`: native when the addon was built with `live`, else the stub with a warning. */
  readonly backend?: Backend;
  /** Book of the bot in the worker, as `CreateOptions.depth`. Default `hashmap`. */
  readonly depth?: DepthKind;
  /** How the worker waits for shared memory. Default `adaptive`. */
  readonly wait?: WaitOptions | WaitStrategy;
  /** Id on the wire; default a random one. Give one to find open orders again after a restart. */
  readonly botId?: bigint;
  /** After how long without a sign of life a connector counts as lost. Default 3000. */
  readonly heartbeatTimeoutMs?: number;
  /**
   * Orders and changes of orders are `denied` by the rule `book_not_live` while the book of their
   * instrument is not live (see `BookState`); cancels never. Default true.
   */
  readonly requireLiveBook?: boolean;
  /** As `BotOptions.requireOrders`: `start()`, `ready()` and every order fail where it is not met. */
  readonly requireOrders?: RequiredOrders;
  /** As `BotOptions.requireEnvironment`. */
  readonly requireEnvironment?: string;
  /** Records between worker and main thread, a power of two, 128 bytes each. Default 65 536. */
  readonly ringCapacity?: number;
  /**
   * Queues behind `get…` and the streams of the same kind. Defaults: `trade` 65 536 drop-oldest,
   * `bookUpdate` 16 384 conflate, `snapshot` 256 drop-oldest; `executionReport`, `orderUpdate`, `position`,
   * `balance`, `notice` and `error` are never dropped, 65 536 raises an alarm. A queue collects from its first use on,
   * or with `collect: 'start'` from the start.
   */
  readonly queues?: Partial<Readonly<Record<QueueName, Partial<QueueSettings>>>>;
  /** Bound of `events()` and of streams without a queue of their own. Default 65 536. */
  readonly streamCapacity?: number;
  /** Most orders and changes of orders per second; none when not given. */
  readonly orderRateLimit?: RateLimit;
  /** How long an order may go unanswered before its outcome is `unknown`. Default 5 000. */
  readonly answerTimeoutMs?: number;
  /**
   * How long after it was asked for an order or a change may still be sent, ms; after that bot or
   * connector refuse it (`denied` by the rule `too_late`, or `rejected` with 3123), so that it cannot
   * reach the venue late. Cancellations are never too late. Monotonic clock; `Infinity`: for ever.
   * Default: the request's own `timeoutMs`, or `answerTimeoutMs`.
   */
  readonly orderDeadlineMs?: number;
  /**
   * The client is read-only: orders and changes are `denied` by the rule `read_only`, and no
   * connector gives it orders of bots that are gone. Default false.
   */
  readonly readOnly?: boolean;
  /**
   * How long `stop()` and `close()` wait until cancellations that were asked for are answered, ms.
   * What may be open after that is reported as an error `ERR_ORDERS_LEFT_OPEN`. Default 5 000.
   */
  readonly stopWaitMs?: number;
  /** How many orders that ended stay readable. Default 1 000. */
  readonly keepTerminalOrders?: number;
  /** Interval of `health` events and of the rates. Default 1 000. */
  readonly healthIntervalMs?: number;
  /** Interval of `snapshot` events while there is a listener, for books that changed. Default 1 000. */
  readonly snapshotIntervalMs?: number;
  /** Levels per side in `snapshot` events. Default 20. */
  readonly snapshotLevels?: number;
  /** Settings of the stub, should it be taken. */
  readonly stub?: StubOptions;
  /**
   * Starts a connector with the client, before its bot, and ends it with it; it is started again
   * when it dies. Instruments name it by its `name`, or by its kind when it has none. The stub needs
   * none and starts none.
   */
  readonly connector?: OwnedConnectorOptions;
  /** As `on('connectionLost', …)`. */
  readonly onConnectionLost?: (change: ConnectionChange) => unknown;
  /** As `on('connectionRestored', …)`. */
  readonly onConnectionRestored?: (change: ConnectionChange) => unknown;
  /** As `on('error', …)`, with the error first. */
  readonly onError?: (error: Error, event: ClientErrorEvent) => unknown;
}

/** Options with their defaults, checked. */
export interface ResolvedClientOptions {
  readonly instruments: readonly InstrumentSpec[];
  readonly backend: Backend;
  readonly depth: DepthKind;
  readonly config: NativeBotConfig;
  readonly ringCapacity: number;
  readonly queues: Readonly<Record<QueueName, QueueSettings>>;
  readonly streamCapacity: number;
  readonly orderRateLimit: RateLimit | undefined;
  readonly answerTimeoutMs: number;
  /** `undefined`: that of the request. */
  readonly orderDeadlineMs: number | undefined;
  readonly readOnly: boolean;
  readonly stopWaitMs: number;
  readonly keepTerminalOrders: number;
  readonly healthIntervalMs: number;
  readonly snapshotIntervalMs: number;
  readonly snapshotLevels: number;
  readonly stub: StubOptions;
  readonly requirement: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>;
  readonly connector: AssignedConnector | undefined;
}

const KEYS = knownKeys<LiveClientOptions>({
  instruments: true,
  backend: true,
  depth: true,
  wait: true,
  botId: true,
  heartbeatTimeoutMs: true,
  ringCapacity: true,
  queues: true,
  streamCapacity: true,
  orderRateLimit: true,
  answerTimeoutMs: true,
  orderDeadlineMs: true,
  readOnly: true,
  stopWaitMs: true,
  keepTerminalOrders: true,
  healthIntervalMs: true,
  snapshotIntervalMs: true,
  snapshotLevels: true,
  requireLiveBook: true,
  requireOrders: true,
  requireEnvironment: true,
  stub: true,
  connector: true,
  onConnectionLost: true,
  onConnectionRestored: true,
  onError: true,
});
const QUEUE_KEYS = knownKeys<QueueSettings>({ capacity: true, policy: true, collect: true });

const QUEUES: Readonly<Record<QueueName, QueueSettings>> = {
  trade: { capacity: 65_536, policy: 'drop-oldest', collect: 'use' },
  bookUpdate: { capacity: 16_384, policy: 'conflate', collect: 'use' },
  snapshot: { capacity: 256, policy: 'drop-oldest', collect: 'use' },
  executionReport: { capacity: 65_536, policy: 'keep', collect: 'use' },
  orderUpdate: { capacity: 65_536, policy: 'keep', collect: 'use' },
  position: { capacity: 65_536, policy: 'keep', collect: 'use' },
  balance: { capacity: 65_536, policy: 'keep', collect: 'use' },
  notice: { capacity: 65_536, policy: 'keep', collect: 'use' },
  error: { capacity: 65_536, policy: 'keep', collect: 'use' },
};

const QUEUE_NAMES = keysOfTable(QUEUES);

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option, or an unknown one. */
export function resolveClientOptions(options: LiveClientOptions): ResolvedClientOptions {
  checkKeys(options, KEYS, '');
  if (options.stub !== undefined) checkKeys(options.stub, STUB_KEYS, 'stub');
  const connector =
    options.connector === undefined
      ? undefined
      : assignConnector(options.instruments, options.connector);
  const instruments = connector?.instruments ?? resolveInstruments(options.instruments);
  const { backend = 'auto', depth = 'hashmap' } = options;
  if (!['auto', 'native', 'stub'].includes(backend))
    invalid('backend', backend, 'must be auto, native or stub');
  checkDepth(depth);
  if (depth === 'roivector') requireRoi(instruments);
  const ringCapacity = whole(options, 'ringCapacity', 65_536, 64, 2 ** 22);
  if (!Number.isInteger(Math.log2(ringCapacity)))
    invalid('ringCapacity', ringCapacity, 'must be a power of two');
  const limit = options.orderRateLimit;
  if (limit !== undefined) {
    checkKeys(limit, RATE_LIMIT_KEYS, 'orderRateLimit');
    if (!(limit.perSecond > 0) || !Number.isFinite(limit.perSecond))
      invalid('orderRateLimit.perSecond', limit.perSecond, 'must be a number above 0');
    if (limit.burst !== undefined && !(limit.burst >= 1))
      invalid('orderRateLimit.burst', limit.burst, 'must be at least 1');
  }
  const answerTimeoutMs = whole(options, 'answerTimeoutMs', 5_000, 1, 600_000);
  const { orderDeadlineMs } = options;
  const readOnly = resolveReadOnly(options.readOnly);
  return {
    instruments,
    backend,
    depth,
    config: nativeBotConfig(instruments, {
      ...options,
      orderDeadlineMs: orderDeadlineMs ?? answerTimeoutMs,
    }),
    requirement: {
      ...(options.requireOrders === undefined ? {} : { requireOrders: options.requireOrders }),
      ...(options.requireEnvironment === undefined
        ? {}
        : { requireEnvironment: options.requireEnvironment }),
    },
    ringCapacity,
    queues: resolveQueues(options.queues ?? {}),
    streamCapacity: whole(options, 'streamCapacity', 65_536, 1, 2 ** 24),
    orderRateLimit: limit,
    answerTimeoutMs,
    orderDeadlineMs,
    readOnly,
    stopWaitMs: whole(options, 'stopWaitMs', 5_000, 0, 600_000),
    keepTerminalOrders: whole(options, 'keepTerminalOrders', 1_000, 0, 2 ** 24),
    healthIntervalMs: whole(options, 'healthIntervalMs', 1_000, 10, 3_600_000),
    snapshotIntervalMs: whole(options, 'snapshotIntervalMs', 1_000, 1, 3_600_000),
    snapshotLevels: whole(options, 'snapshotLevels', 20, 1, 10_000),
    stub: options.stub ?? {},
    connector,
  };
}

function resolveQueues(
  given: NonNullable<LiveClientOptions['queues']>,
): Record<QueueName, QueueSettings> {
  const queues: Record<QueueName, QueueSettings> = { ...QUEUES };
  checkKeys(given, QUEUE_NAMES, 'queues');
  for (const [name, settings] of Object.entries(given) as [QueueName, Partial<QueueSettings>][]) {
    const preset = QUEUES[name];
    checkKeys(settings, QUEUE_KEYS, `queues.${name}`);
    const merged = { ...preset, ...withoutUndefined(settings) };
    checkWhole(merged.capacity, `queues.${name}.capacity`, 1, 2 ** 24);
    if (!['drop-oldest', 'conflate', 'keep'].includes(merged.policy))
      invalid(`queues.${name}.policy`, merged.policy, 'must be drop-oldest, conflate or keep');
    if (merged.policy === 'conflate' && name !== 'bookUpdate')
      invalid(`queues.${name}.policy`, merged.policy, 'is possible for bookUpdate only');
    if (preset.policy === 'keep' && merged.policy !== 'keep')
      invalid(
        `queues.${name}.policy`,
        merged.policy,
        'must be keep: these events are never dropped',
      );
    queues[name] = merged;
  }
  return queues;
}

type WholeOption =
  | 'ringCapacity'
  | 'streamCapacity'
  | 'answerTimeoutMs'
  | 'stopWaitMs'
  | 'keepTerminalOrders'
  | 'healthIntervalMs'
  | 'snapshotIntervalMs'
  | 'snapshotLevels';

function whole(
  options: LiveClientOptions,
  name: WholeOption,
  preset: number,
  least: number,
  most: number,
): number {
  return checkWhole(options[name] ?? preset, name, least, most);
}
