import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { requireRoi, resolveInstruments, resolveRequirement } from '../models/bot-options.js';
import { announceRealOrders } from '../models/announce-real-orders.js';
import { CREATE_NAMES, resolveBackend, type CreateOptions } from '../bot/create.js';
import { assignConnector, type AssignedConnector } from '../connector/assign-connector.js';
import { OwnedConnector } from '../connector/owned-connector.js';
import type { OwnedConnectorOptions } from '../connector/owned-connector-options.js';
import { HftError } from '../models/hft-error.js';
import { onStopSignal } from './on-stop-signal.js';
import { ordersLeftOpen } from '../models/order-left.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { STUB_KEYS } from '../stub/stub-options.js';
import type { NativePort } from '../native/addon.js';
import { requireLiveAddon } from '../bot/live-addon.js';
import { ownUrl } from '../native/own-url.js';
import { buildRemedy } from '../native/build-remedy.js';
import { isBundled } from '../native/package-root.js';
import { describeOnBoard, withOrdersLeft } from './forced-end.js';
import { OrderBoard, type OrdersOnBoard } from './order-board.js';
import type { StrategySummary } from './strategy-summary.js';
import { RunControl } from './run-control.js';
import { keepWatch, RunWatch } from './run-watch.js';
import { StrategyThread } from './strategy-thread.js';
import { strategyUrl } from './strategy-url.js';
import { unpackError, type StrategyMessage, type StrategyTask } from './worker-protocol.js';

/** Options of {@link runLive}: those of {@link create}, the strategy and how to run it. */
export interface RunLiveOptions extends CreateOptions {
  /**
   * The module with the strategy: a URL, or a path that is taken relative to the working
   * directory. It exports a strategy, a function `(options) => strategy` or a class, as default
   * or as `createStrategy`.
   */
  readonly strategy: URL | string;
  /** Handed to the module's function; must be cloneable. */
  readonly strategyOptions?: unknown;
  /** Most records per batch; 1 runs book and handlers in lockstep. Default: the bot's buffer. */
  readonly maxBatch?: number;
  /**
   * Ends the run after so long, ms, as `stop()` does where a handler does not return in time. Default: never.
   */
  readonly durationMs?: number;
  /**
   * Ends the run with `ERR_CONNECTOR_DOWN` when a connector is not there so long after the start, ms. Default:
   * it is waited for; `onLog` says so after two seconds, and a run whose `durationMs` is over before a connector
   * came rejects all the same.
   */
  readonly connectTimeoutMs?: number;
  /** Longest wait for a batch, ms: how late a timer can be at worst. Default 50. */
  readonly waitMs?: number;
  /** Ends the run as `stop()` does. */
  readonly signal?: AbortSignal;
  /** Lines of `ctx.log`. Default: written to standard error. */
  readonly onLog?: (text: string, values: Readonly<Record<string, unknown>> | undefined) => void;
  /** Called about every `progressMs` with the figures so far. */
  readonly onProgress?: (summary: StrategySummary) => void;
  /** Default 1000. */
  readonly progressMs?: number;
  /**
   * Starts a connector with the run, before its bot, and ends it with it; it is started again when it
   * dies, and its death and return are reported by `onLog`. Instruments name it by its `name`, or by its
   * kind when it has none. The stub needs none and starts none.
   */
  readonly connector?: OwnedConnectorOptions;
  /**
   * How long `onStart` waits for the connectors to report positions and open orders, ms. Default 5000.
   * What comes meanwhile is handed over after it. 0 waits for nothing; what was not reported is said by
   * `onLog`.
   */
  readonly startWaitMs?: number;
  /**
   * How long the end of a run waits, after `onStop`, until what the strategy asked for there is
   * answered, ms. What may be open after that stands in the summary's `ordersLeft` and is reported by
   * `onLog`. Default 3000.
   */
  readonly stopWaitMs?: number;
  /**
   * SIGINT (Ctrl+C) and SIGTERM end the run as `stop()` does, so that `onStop` can cancel what must not
   * stay; a second one more than a second later ends the process at once, and what may be open of
   * its orders is written to standard error before. Without it, and without a
   * handler of your own, a signal ends the process as it stands, and **open orders stay at the venue**.
   * The handlers are removed when the run has ended. Default false: a library leaves a program's
   * signals alone. The commands and examples of this package turn it on.
   */
  readonly handleSignals?: boolean;
  /** How long a stop waits for the strategy, besides `stopWaitMs`, before its thread is ended by force, ms. Default 5000. */
  readonly stopTimeoutMs?: number;
}

const KEYS = knownKeys<RunLiveOptions>({
  ...CREATE_NAMES,
  strategy: true,
  strategyOptions: true,
  maxBatch: true,
  durationMs: true,
  connectTimeoutMs: true,
  waitMs: true,
  signal: true,
  onLog: true,
  onProgress: true,
  progressMs: true,
  connector: true,
  startWaitMs: true,
  stopTimeoutMs: true,
  stopWaitMs: true,
  handleSignals: true,
});

/** A run under way. Await it for the summary of the whole run. */
export interface LiveRun extends Promise<StrategySummary> {
  readonly backend: 'native' | 'stub';
  /**
   * Asks the strategy to end: it sees `onStop`, what it cancelled there is waited for, then the bot is
   * closed. Idempotent. After `stopTimeoutMs` and `stopWaitMs` the thread is ended by force and the run
   * rejects with `ERR_TIMEOUT`. What may be open of its orders then stands in the error's `ordersLeft`,
   * and is written to standard error.
   */
  stop(): void;
}

/** Beside the bundle; in `dist/` when this file runs from its source. */
function workerFile(): string {
  const here = ownUrl(import.meta.url);
  const extension = here.endsWith('.cjs') ? 'cjs' : 'js';
  const candidates = [
    new URL(`./strategy-worker.${extension}`, here),
    new URL(`../../dist/strategy-worker.js`, here),
  ].map((url) => fileURLToPath(url));
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  const remedy = buildRemedy('Run `npm run build`.');
  if (isBundled()) {
    const what = 'The worker of strategy mode is not in the bundle.';
    throw new HftError('ERR_NATIVE_UNAVAILABLE', what, { remedy });
  }
  throw new HftError('ERR_STRATEGY_MODULE', 'The worker of strategy mode is missing.', { remedy });
}

function writeLog(text: string, values: Readonly<Record<string, unknown>> | undefined): void {
  const shown = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : value;
  const more = values === undefined ? '' : ` ${JSON.stringify(values, shown)}`;
  process.stderr.write(`${text}${more}\n`);
}

function optionalMs(value: number | undefined, name: string): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !(value >= 0)) invalid(name, value, 'must be ms from 0 on');
}

/** Only what was given: `undefined` is no value of an exact optional property. */
function loopOptions(options: RunLiveOptions): StrategyTask['loop'] {
  const { maxBatch, waitMs, durationMs, startWaitMs, stopWaitMs } = options;
  const { onProgress, progressMs = 1000 } = options;
  const { connectTimeoutMs } = options;
  optionalMs(connectTimeoutMs, 'connectTimeoutMs');
  optionalMs(durationMs, 'durationMs');
  optionalMs(startWaitMs, 'startWaitMs');
  optionalMs(stopWaitMs, 'stopWaitMs');
  optionalMs(waitMs, 'waitMs');
  return {
    ...(maxBatch === undefined ? {} : { maxBatch }),
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(startWaitMs === undefined ? {} : { startWaitMs }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(stopWaitMs === undefined ? {} : { stopWaitMs }),
    ...(onProgress === undefined ? {} : { progressMs }),
  };
}

function botOptions(
  options: RunLiveOptions,
  backend: 'native' | 'stub',
  assigned: AssignedConnector | undefined,
): CreateOptions {
  const { depth, wait, botId, heartbeatTimeoutMs, requireLiveBook, batchRecords, stub } = options;
  const { orderDeadlineMs, readOnly } = options;
  const { requireOrders, requireEnvironment } = options;
  resolveRequirement(options);
  const instruments = resolveInstruments(options.instruments);
  if (depth === 'roivector') requireRoi(instruments);
  return {
    instruments,
    backend,
    ...(depth === undefined ? {} : { depth }),
    ...(wait === undefined ? {} : { wait }),
    ...(botId === undefined ? {} : { botId }),
    ...(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs }),
    ...(requireLiveBook === undefined ? {} : { requireLiveBook }),
    ...(orderDeadlineMs === undefined ? {} : { orderDeadlineMs }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(batchRecords === undefined ? {} : { batchRecords }),
    ...(requireOrders === undefined ? {} : { requireOrders }),
    ...(requireEnvironment === undefined ? {} : { requireEnvironment }),
    ...(stub === undefined ? {} : { stub }),
    ...(assigned?.options.direct === true
      ? { connector: { ...assigned.options, name: assigned.name } }
      : {}),
  };
}

function openPort(backend: 'native' | 'stub'): NativePort | null {
  if (backend === 'stub') return null;
  return new (requireLiveAddon().NativePort)(null, null);
}

/** Made-up prices need no connector. */
function makeConnector(
  assigned: AssignedConnector | undefined,
  backend: 'native' | 'stub',
  port: NativePort | null,
): OwnedConnector | undefined {
  if (assigned === undefined || assigned.options.direct === true || backend === 'stub')
    return undefined;
  try {
    return new OwnedConnector(assigned);
  } catch (error) {
    port?.close();
    throw error;
  }
}

/**
 * Runs a strategy in a worker thread of its own, next to the bot: the lowest latency there is.
 * Takes the real bot when the addon was built with `live`, else the stub with one warning.
 *
 * ```ts
 * const run = runLive({
 *   strategy: new URL('./my-strategy.js', import.meta.url),
 *   instruments: [new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001)],
 *   handleSignals: true, // Ctrl+C ends the run in order
 * });
 * console.log(await run);
 * ```
 *
 * A run keeps the process alive until it ends.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`, `ERR_NATIVE_UNAVAILABLE` at once; the run rejects with
 * `ERR_STRATEGY_MODULE`, with what ends the bot, and with what keeps its own connector from starting; at once
 * with `ERR_INSTRUMENT_NOT_FOUND` or `ERR_INVALID_ARGUMENT` for an instrument that its connector refuses before
 * its book was ever live; with `ERR_CONNECTOR_DOWN` as `connectTimeoutMs` says. An
 * error that ends a run out of order has the orders that may be open in `ordersLeft`.
 */
export function runLive(options: RunLiveOptions): LiveRun {
  checkKeys(options, KEYS, '');
  if (options.stub !== undefined) checkKeys(options.stub, STUB_KEYS, 'stub');
  const url = strategyUrl(options.strategy);
  const { connector: wanted, requireOrders, requireEnvironment } = options;
  const wishes = { connector: wanted, requireOrders, requireEnvironment };
  const backend = resolveBackend(options.backend, wishes);
  const assigned =
    options.connector === undefined
      ? undefined
      : assignConnector(options.instruments, options.connector);
  const bot = botOptions(
    assigned === undefined ? options : { ...options, instruments: assigned.instruments },
    backend,
    assigned,
  );
  const loop = loopOptions(options);
  const filename = workerFile();
  const stopWord = new SharedArrayBuffer(4);
  // What is sent on the stub reaches no venue.
  const board = backend === 'stub' ? undefined : new OrderBoard();
  const specs = resolveInstruments(bot.instruments);
  const left = (): OrdersOnBoard => board?.read(specs) ?? { orders: [], unnamed: 0 };
  const port = openPort(backend);
  const connector = makeConnector(assigned, backend, port);
  const control = new RunControl(port, new Int32Array(stopWord));
  const { port1, port2 } = new MessageChannel();
  const watch = new RunWatch(specs, backend, port);
  const task: StrategyTask = {
    strategyUrl: url,
    strategyOptions: options.strategyOptions ?? {},
    bot,
    loop,
    portId: control.port?.id ?? null,
    stop: stopWord,
    board: board?.memory ?? null,
    watch: watch.memory,
    messages: port2,
  };
  const letGo =
    options.handleSignals === true
      ? onStopSignal(
          () => {
            control.stop();
          },
          () => {
            if (board !== undefined)
              shout(`a second signal ends the process at once: ${describeOnBoard(left())}`);
          },
        )
      : () => undefined;
  const run = finish(filename, task, port1, control, options, connector, left, watch);
  const done = run.finally(async () => {
    await connector?.stop();
    letGo();
  });
  const live = Object.assign(done, {
    backend,
    stop: () => {
      control.stop();
    },
  });
  keepWatch(live, watch);
  return live;
}

/** A run whose loop has not ended itself after its duration and so long is stopped, ms. */
const OVERTIME_MS = 500;

/** Waits for the connector, unless the run is stopped first: then its bot ends at once. */
async function startConnector(
  connector: OwnedConnector,
  control: RunControl,
  log: NonNullable<RunLiveOptions['onLog']>,
  required: Pick<RunLiveOptions, 'requireOrders' | 'requireEnvironment'>,
): Promise<void> {
  connector
    .on('died', ({ code, signal, stderrTail }, willRestart) => {
      log('the connector ended by itself', { code, signal, willRestart, stderrTail });
    })
    .on('restarted', (restarts) => {
      log('the connector runs again', { restarts });
    })
    .on('failed', (error) => {
      log(error.message, undefined);
    })
    .on('ordersLeft', (orders) => {
      log(ordersLeftOpen('the connector', orders).message, undefined);
    });
  const starting = connector.start(required);
  starting.catch(() => undefined);
  await Promise.race([starting, control.stopping]);
}

function shout(text: string): void {
  process.stderr.write(`hftbacktest-live: ${text}\n`);
}

/** What ended a run otherwise than in order, with the orders that nobody will cancel now, said loudly. */
function withLeft(
  error: unknown,
  left: OrdersOnBoard | undefined,
  onLog: NonNullable<RunLiveOptions['onLog']>,
): unknown {
  if (left === undefined) return error;
  const isForced = HftError.is(error, 'ERR_TIMEOUT');
  if (left.orders.length + left.unnamed === 0 && !isForced) return error;
  const listed = withOrdersLeft(error, left);
  const text = `the run was not ended in order: ${describeOnBoard(left)}`;
  shout(text);
  if (onLog !== writeLog) onLog(text, undefined);
  return listed;
}

/** The loop looks at its time between batches: a handler that does not return is stopped from here. */
function endOvertime(durationMs: number | undefined, stop: () => void): NodeJS.Timeout | undefined {
  if (durationMs === undefined || durationMs + OVERTIME_MS >= 2 ** 31) return undefined;
  return setTimeout(stop, durationMs + OVERTIME_MS);
}

async function finish(
  filename: string,
  task: StrategyTask,
  messages: MessagePort,
  control: RunControl,
  options: RunLiveOptions,
  connector: OwnedConnector | undefined,
  left: () => OrdersOnBoard,
  watch: RunWatch,
): Promise<StrategySummary> {
  const { onLog = writeLog, onProgress, signal, stopTimeoutMs = 5000, stopWaitMs = 3000 } = options;
  const stop = (): void => {
    control.stop();
  };
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  let overtime: NodeJS.Timeout | undefined;
  const handle = (message: StrategyMessage): void => {
    if (message.type === 'log') onLog(message.text, message.values);
    else if (message.type === 'realOrders') announceRealOrders(...message.said);
    else if (message.type === 'records') watch.wake();
    else if (message.type === 'began') {
      overtime = endOvertime(options.durationMs, stop);
      watch.begin(message.botId, message.links);
    } else onProgress?.(message.summary);
  };
  messages.on('message', handle);
  const finished = new AbortController();
  let thread: StrategyThread | undefined;
  try {
    if (connector !== undefined) await startConnector(connector, control, onLog, task.bot);
    thread = new StrategyThread(filename, task);
    const outcome = await Promise.race([
      thread.outcome,
      control.overdue(stopTimeoutMs + stopWaitMs, finished.signal),
    ]);
    if (!outcome.ok) throw unpackError(outcome.error);
    const { ordersLeft } = outcome.summary;
    // A connector of its own has the last word, and reports what is left itself.
    if (ordersLeft.length > 0 && connector === undefined)
      onLog(ordersLeftOpen('the run', ordersLeft).message, undefined);
    return outcome.summary;
  } catch (error) {
    // Only what runs no more writes no more.
    await thread?.end();
    throw withLeft(error, task.board === null || thread === undefined ? undefined : left(), onLog);
  } finally {
    finished.abort();
    clearTimeout(overtime);
    signal?.removeEventListener('abort', stop);
    // What was reported before the end is heard before the run resolves.
    for (let last = receiveMessageOnPort(messages); last !== undefined;) {
      handle(last.message as StrategyMessage);
      last = receiveMessageOnPort(messages);
    }
    messages.close();
    await thread?.end();
    watch.end();
    control.port?.close();
  }
}
