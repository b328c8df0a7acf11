import { EventEmitter } from 'node:events';

import { checkWhole } from '../models/arguments.js';
import { EventQueue } from '../models/event-queue.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys, type NamesOf } from '../models/known-keys.js';
import { RESTART_KEYS, type ConnectorRestart } from './connector-process-options.js';
import { ConnectorProcess } from './connector-process.js';
import type { ConnectorExit } from './connector-run.js';
import { makeRunnerRoom } from './make-runner-room.js';
import { InvalidLineError, parseRunnerLine } from './parse-runner-line.js';
import type { RunnerChannel, RunnerEvent } from './runner-event.js';
import type { RunnerHealth, RunnerPort, RunnerSizes } from './runner-port.js';
import { SecretRedactor } from './secret-redactor.js';

/** How a runner treats its process and its queue. */
export interface RunnerTuning {
  /** Path of the connector; found by `findConnector` when not given. */
  readonly binary?: string;
  /** Environment of the connector; this process's own when not given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Events that may wait to be taken. When full, depth updates merge and old trades go. Default 65 536. */
  readonly queueCapacity?: number;
  /** Default: 500 ms, doubled up to 10 s, 5 times in a row. */
  readonly restart?: ConnectorRestart;
  /** How long the connector may take until it is ready, default 15 000. */
  readonly readyTimeoutMs?: number;
  /** How long it may take to end before it is killed, default 5 000. */
  readonly stopTimeoutMs?: number;
}

/** Options of {@link ConnectorRunner}. */
export interface ConnectorRunnerOptions extends RunnerTuning {
  /** Kind of connector, `sim` for instance. */
  readonly kind: string;
  /** Further words of its command line: symbols, a config file, options. No secrets. */
  readonly args?: readonly string[];
}

/** The names of {@link RunnerTuning}. */
export const TUNING_NAMES: NamesOf<RunnerTuning> = {
  binary: true,
  env: true,
  queueCapacity: true,
  restart: true,
  readyTimeoutMs: true,
  stopTimeoutMs: true,
};
const KEYS = knownKeys<ConnectorRunnerOptions>({ ...TUNING_NAMES, kind: true, args: true });

interface RunnerEmitted {
  /** The process ended by itself; it is started again unless `failed` follows. */
  died: [exit: ConnectorExit];
  /** It runs again, and everything is subscribed again. */
  restarted: [restarts: number];
  /** Restarting was given up. */
  failed: [error: HftError];
  /** A line of the connector's log, without secrets. */
  log: [line: string];
}

const SIZES = knownKeys<RunnerSizes>({ tickSize: true, lotSize: true });

/** Notices of a full queue come at most this often. */
const NOTICE_MS = 1_000;

/**
 * A connector in a child process that speaks JSON lines: market data without addon and shared
 * memory. The process is started again when it dies, and its subscriptions with it. Events wait in
 * a bounded queue; `health` counts what did not fit.
 *
 * ```ts
 * const runner = new ConnectorRunner({ kind: 'sim' });
 * runner.subscribe('trades', 'BTCUSDT');
 * await runner.start();
 * const event = await runner.nextEvent(1_000);
 * await runner.stop();
 * ```
 */
export class ConnectorRunner extends EventEmitter<RunnerEmitted> implements RunnerPort {
  readonly #process: ConnectorProcess;
  readonly #redactor: SecretRedactor;
  readonly #diedCode: string;
  readonly #queue: EventQueue<RunnerEvent>;
  readonly #wanted: Readonly<Record<RunnerChannel, Map<string, RunnerSizes>>> = {
    trades: new Map(),
    depth: new Map(),
  };
  #events = 0;
  #errors = 0;
  #invalidLines = 0;
  #lastEventMs: number | undefined;
  #reportedDropped = 0;
  #noticeMs = -Infinity;
  #wasReady = false;
  #stopping: Promise<void> | undefined;

  /**
   * @throws HftError `ERR_INVALID_ARGUMENT` for a wrong capacity, a secret among the arguments, or an
   * unknown option.
   */
  constructor(options: ConnectorRunnerOptions) {
    super();
    checkKeys(options, KEYS, '');
    if (options.restart !== undefined) checkKeys(options.restart, RESTART_KEYS, 'restart');
    const { kind, args = [], queueCapacity = 65_536, restart, ...tuning } = options;
    checkWhole(queueCapacity, 'queueCapacity', 16, 2 ** 24);
    this.#redactor = SecretRedactor.fromEnv(options.env ?? process.env);
    this.#diedCode = kind === 'bybit' ? 'bybit_connector_process_died' : 'connector_process_died';
    this.#queue = new EventQueue({
      capacity: queueCapacity,
      policy: 'conflate',
      makeRoom: makeRunnerRoom,
    });
    this.#process = new ConnectorProcess({
      ...tuning,
      // Name and kind: behind both, no word is taken for a kind.
      args: [kind, kind, ...args],
      mustBe: { kind },
      lines: true,
      restart: { maxDelayMs: 10_000, ...restart },
    });
    this.#process
      .on('line', (line) => {
        this.#onLine(line);
      })
      .on('log', (line) => this.emit('log', line))
      .on('ready', (info) => {
        this.#onReady(info);
      })
      .on('died', (exit) => {
        this.#onDied(exit);
      })
      .on('failed', (error) => {
        this.#pushError('connector_restart_failed', error.message);
        this.emit('failed', error);
      });
  }

  async start(): Promise<void> {
    await this.#process.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#process.stop().then(() => {
      this.#queue.close();
    });
    return this.#stopping;
  }

  /** As `stop()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @throws HftError `ERR_INVALID_ARGUMENT` for an empty symbol, and for sizes that are none. */
  subscribe(channel: RunnerChannel, symbol: string, sizes: RunnerSizes = {}): void {
    if (!/^[\p{L}\p{M}\p{N}_./:-]+$/u.test(symbol)) {
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `symbol: ${JSON.stringify(symbol)} is no name of an instrument.`,
      );
    }
    checkSizes(sizes);
    const known = this.#wanted[channel].get(symbol);
    const { tickSize = known?.tickSize, lotSize = known?.lotSize } = sizes;
    if (known !== undefined && tickSize === known.tickSize && lotSize === known.lotSize) return;
    this.#wanted[channel].set(symbol, {
      ...(tickSize === undefined ? {} : { tickSize }),
      ...(lotSize === undefined ? {} : { lotSize }),
    });
    this.#command('subscribe', channel, symbol);
  }

  unsubscribe(channel: RunnerChannel, symbol: string): void {
    if (this.#wanted[channel].delete(symbol)) this.#command('unsubscribe', channel, symbol);
  }

  nextEvent(timeoutMs: number): Promise<RunnerEvent | undefined> {
    return this.#queue.take(timeoutMs);
  }

  nextEventNowait(): RunnerEvent | undefined {
    return this.#queue.takeNow();
  }

  /** Every event until `stop()`; several iterators share the events. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RunnerEvent, void> {
    for (;;) {
      const event = await this.#queue.take(Infinity);
      if (event === undefined) return;
      yield event;
    }
  }

  get health(): RunnerHealth {
    const { state, processAlive, pid, restarts } = this.#process.health;
    const { size, dropped, conflated } = this.#queue.health;
    return {
      state,
      processAlive,
      pid,
      restarts,
      queueSize: size,
      errorCount: this.#errors,
      invalidLines: this.#invalidLines,
      dropped,
      conflated,
      events: this.#events,
      lastEventMs: this.#lastEventMs,
      subscriptions: {
        trades: [...this.#wanted.trades.keys()],
        depth: [...this.#wanted.depth.keys()],
      },
    };
  }

  /** Before the process runs nothing is written: `ready` sends what is wanted then. */
  #command(command: 'subscribe' | 'unsubscribe', channel: RunnerChannel, symbol: string): void {
    if (this.#process.health.state !== 'running') return;
    const { tickSize: tick, lotSize: lot } = this.#wanted[channel].get(symbol) ?? {};
    // A size that is not given is not written.
    this.#process.write(JSON.stringify({ command, channel, symbol, tick, lot }));
  }

  #onReady(info: Readonly<Record<string, unknown>>): void {
    this.#queue.push({ type: 'status', status: 'ready', details: this.#clean(info) });
    for (const channel of ['trades', 'depth'] as const) {
      for (const symbol of this.#wanted[channel].keys())
        this.#command('subscribe', channel, symbol);
    }
    if (this.#wasReady) this.emit('restarted', this.#process.health.restarts);
    this.#wasReady = true;
  }

  #onDied(exit: ConnectorExit): void {
    const how = exit.signal ?? `code ${String(exit.code)}`;
    const next = this.#process.health.state === 'restarting' ? 'It is started again.' : '';
    const last = exit.stderrTail.split('\n').slice(-3).join(' | ');
    this.#pushError(
      this.#diedCode,
      [`the connector ended with ${how}.`, next, last === '' ? '' : `Its last words: ${last}`]
        .filter((part) => part !== '')
        .join(' '),
    );
    this.emit('died', exit);
  }

  #onLine(line: string): void {
    this.#lastEventMs = Date.now();
    let event: RunnerEvent;
    try {
      event = parseRunnerLine(line);
    } catch (error) {
      // The error is about this line only: others follow, and no caller would catch it here.
      this.#invalidLines += 1;
      const what = error instanceof InvalidLineError ? error.message : String(error);
      this.#pushError('invalid_line', what);
      return;
    }
    if (event.type === 'trade' || event.type === 'depth') {
      this.#events += 1;
      this.#queue.push(event);
      this.#reportDropped();
    } else if (event.type === 'error') {
      this.#pushError(event.code, event.message);
    } else {
      this.#queue.push({ ...event, details: this.#clean(event.details) });
    }
  }

  #pushError(code: string, message: string): void {
    this.#errors += 1;
    this.#queue.push({ type: 'error', code, message: this.#redactor.redact(message) });
  }

  /** Says once per second that the consumer is too slow, not once per event. */
  #reportDropped(): void {
    const { dropped } = this.#queue.health;
    const nowMs = performance.now();
    if (dropped === this.#reportedDropped || nowMs - this.#noticeMs < NOTICE_MS) return;
    const lost = dropped - this.#reportedDropped;
    this.#reportedDropped = dropped;
    this.#noticeMs = nowMs;
    this.#pushError(
      'events_dropped',
      `${String(lost)} trades went unread because the queue was full.`,
    );
  }

  #clean(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    try {
      return JSON.parse(this.#redactor.redact(JSON.stringify(details))) as Record<string, unknown>;
    } catch {
      // Nested deeper than can be written again: what cannot be cleaned is not reported.
      return {};
    }
  }
}

function checkSizes(sizes: RunnerSizes): void {
  checkKeys(sizes, SIZES, 'sizes');
  for (const [name, size] of Object.entries(sizes) as [string, number | undefined][])
    if (size !== undefined && !(Number.isFinite(size) && size > 0))
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `sizes.${name}: ${String(size)} is no positive number.`,
      );
}
