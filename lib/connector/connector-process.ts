import { EventEmitter } from 'node:events';

import { HftError } from '../models/hft-error.js';
import { EXIT_CODES, stoppedError } from './connector-ends.js';
import { checkKeys } from '../models/known-keys.js';
import {
  MUST_BE_KEYS,
  PROCESS_KEYS,
  RESTART_KEYS,
  type ConnectorProcessOptions,
} from './connector-process-options.js';
import { ConnectorRun, type ConnectorExit } from './connector-run.js';
import { findConnector } from './find-connector.js';
import type { ReadyInfo } from './ready-line.js';
import type { OrderLeft } from '../models/order-left.js';
import { SecretRedactor } from './secret-redactor.js';

/** Where a connector process is in its life. `failed`: it ended by itself and is not started again. */
export type ConnectorProcessState =
  'created' | 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed';

/** Condition of a connector process, made now. */
export interface ConnectorProcessHealth {
  readonly state: ConnectorProcessState;
  /** True while a process runs, ready or not. */
  readonly processAlive: boolean;
  /** `undefined` while no process runs. */
  readonly pid: number | undefined;
  /** Times the process was started again after its death. */
  readonly restarts: number;
  /** Age of the running process, ms; 0 while none runs. */
  readonly uptimeMs: number;
  /** The last lines that it wrote to stderr, without secrets. */
  readonly stderrTail: string;
  /** How the last process ended; `undefined` when none has. */
  readonly lastExit: ConnectorExit | undefined;
}

interface ConnectorProcessEvents {
  /** The connector is ready; its ready line, parsed. Reported after each restart as well. */
  ready: [info: ReadyInfo];
  /** It ended without being asked to. */
  died: [exit: ConnectorExit];
  /** It ended, asked or not. */
  exit: [exit: ConnectorExit];
  /** Restarting was given up; `start()` may be called again. */
  failed: [error: HftError];
  /** A line of its stderr, without secrets. */
  log: [line: string];
  /** It has ended and these orders stay open at the venue. */
  ordersLeft: [orders: readonly OrderLeft[]];
  /** A line of its stdout that is not the ready line; with option `lines` only. */
  line: [line: string];
}

const STOP_TIMEOUT_MS = 12_000;

/** How long the connector waits for cancellations when it stops: it ends by itself before it is killed. */
function stopWaitMs({ stopTimeoutMs = STOP_TIMEOUT_MS }: ConnectorProcessOptions): number {
  return Math.floor(Math.min(600_000, Math.max(stopTimeoutMs - 4_000, stopTimeoutMs / 2)));
}

/** A run this long counts as healthy: the next death starts the backoff anew. */
const STABLE_RUN_MS = 30_000;

/**
 * A connector in a child process: start, readiness, death, restart, stop. It ends with this process,
 * whichever way that ends.
 */
export class ConnectorProcess extends EventEmitter<ConnectorProcessEvents> {
  readonly #options: ConnectorProcessOptions;
  readonly #redactor: SecretRedactor;
  /** The last one. */
  #run: ConnectorRun | undefined;
  #state: ConnectorProcessState = 'created';
  /** Lines between the ready line and its event, which comes first. */
  #early: string[] = [];
  #lastExit: ConnectorExit | undefined;
  #ordersLeft: readonly OrderLeft[] = [];
  #restarts = 0;
  #attempts = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #starting: Promise<ReadyInfo> | undefined;
  #stopping: Promise<void> | undefined;
  #isRef = true;
  readonly #onProcessExit = (): void => {
    this.#run?.kill('SIGTERM');
  };

  /**
   * @throws HftError `ERR_INVALID_ARGUMENT` when a secret stands among the arguments, and for an
   * unknown option.
   */
  constructor(options: ConnectorProcessOptions) {
    super();
    checkKeys(options, PROCESS_KEYS, '');
    if (options.restart !== undefined) checkKeys(options.restart, RESTART_KEYS, 'restart');
    if (options.mustBe !== undefined) checkKeys(options.mustBe, MUST_BE_KEYS, 'mustBe');
    this.#options = options;
    this.#redactor = SecretRedactor.fromEnv(options.env ?? process.env);
    if (this.#redactor.isIn(options.args)) {
      throw new HftError('ERR_INVALID_ARGUMENT', 'args: a secret stands among the arguments.', {
        remedy: 'Every user of the machine can read arguments: give secrets by `env` only.',
      });
    }
  }

  /**
   * Starts the process and waits until it is ready. Returns its ready line. Calling again while it
   * starts or runs returns the same promise; after it has failed it is started anew.
   *
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED` (it ended early; the
   * message carries what it wrote), `ERR_TIMEOUT`, `ERR_CLOSED` after `stop()`.
   */
  start(): Promise<ReadyInfo> {
    if (this.#stopping !== undefined)
      return Promise.reject(stoppedError('the connector process was stopped.'));
    this.#starting ??= this.#launch();
    return this.#starting;
  }

  /** Process id, `undefined` while no process runs. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** State, process, restarts and last words. */
  get health(): ConnectorProcessHealth {
    const run = this.#run;
    return {
      state: this.#state,
      processAlive: run?.isAlive === true,
      pid: this.pid,
      restarts: this.#restarts,
      uptimeMs: run?.isAlive === true ? Date.now() - run.startedAtMs : 0,
      stderrTail: run?.stderrTail ?? '',
      lastExit: this.#lastExit,
    };
  }

  /**
   * Writes a line to its standard input; with option `lines` only. `false`: no process takes it now,
   * and nothing was written.
   */
  write(line: string): boolean {
    return this.#run?.write(line) === true;
  }

  /**
   * Ends the process: end of its input and SIGTERM, then SIGKILL after `stopTimeoutMs`. May be called
   * in every state. Idempotent, never throws.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** Lets this process end while the connector runs; the connector is ended then. */
  unref(): this {
    this.#isRef = false;
    this.#applyRef();
    return this;
  }

  /** A running connector keeps this process alive again (the default). */
  ref(): this {
    this.#isRef = true;
    this.#applyRef();
    return this;
  }

  /** As `stop()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #applyRef(): void {
    this.#run?.setRef(this.#isRef);
    if (this.#isRef) this.#restartTimer?.ref();
    else this.#restartTimer?.unref();
  }

  async #launch(): Promise<ReadyInfo> {
    const { readyTimeoutMs = 15_000 } = this.#options;
    if (this.#state !== 'restarting') this.#state = 'starting';
    try {
      const run = this.#startRun();
      const info = await run.ready(readyTimeoutMs);
      this.#refuseAnother(info);
      if (this.#stopping !== undefined)
        throw stoppedError('the connector process was stopped while it started.');
      this.#state = 'running';
      run.onExit(() => {
        this.#onDeath(run);
      });
      this.emit('ready', info);
      for (const line of this.#early.splice(0)) this.emit('line', line);
      // It may have ended between its ready line and the listener above.
      if (!run.isAlive) this.#onDeath(run);
      return info;
    } catch (error) {
      // A stop ends it in its own way.
      if (this.#stopping === undefined && this.#run?.isAlive === true) this.#run.kill('SIGKILL');
      process.off('exit', this.#onProcessExit);
      if (this.#state === 'starting') {
        this.#state = 'failed';
        this.#starting = undefined;
      }
      throw error;
    }
  }

  #startRun(): ConnectorRun {
    const { args, lines = false, cwd } = this.#options;
    const env = this.#options.env ?? process.env;
    const binary = this.#options.binary ?? findConnector(env);
    this.#early = [];
    const run = new ConnectorRun(
      {
        binary,
        args,
        // Its log is read by programs here.
        env: {
          NO_COLOR: '1',
          CONNECTOR_STOP_WAIT_MS: String(stopWaitMs(this.#options)),
          ...env,
        },
        cwd,
        lines,
      },
      this.#redactor,
      {
        onLog: (line) => this.emit('log', line),
        onLine: (line, isReady) => {
          if (isReady && this.#state !== 'running') this.#early.push(line);
          else this.emit('line', line);
        },
        onOrdersLeft: (orders) => {
          this.#ordersLeft = orders;
        },
        onClosed: (exit) => {
          this.#lastExit = exit;
        },
        isStopping: () => this.#stopping !== undefined,
      },
    );
    this.#run = run;
    this.#applyRef();
    process.off('exit', this.#onProcessExit).on('exit', this.#onProcessExit);
    return run;
  }

  /** An older program reads `NAME KIND` in another way when the name is a kind too. */
  #refuseAnother(info: ReadyInfo): void {
    for (const [what, wanted] of Object.entries(this.#options.mustBe ?? {})) {
      const is = info[what];
      if (typeof is !== 'string' || is === wanted) continue;
      throw new HftError(
        'ERR_CONNECTOR_EXITED',
        `the connector program started one of the ${what} ${JSON.stringify(is)}; ${JSON.stringify(wanted)} was asked for. It was ended.`,
        { remedy: 'The program is of another version than this package: build it anew.' },
      );
    }
  }

  #onDeath(run: ConnectorRun): void {
    process.off('exit', this.#onProcessExit);
    const { exit } = run;
    this.#lastExit = exit;
    const asked = this.#stopping !== undefined;
    if (asked) {
      this.#state = 'stopped';
      this.emit('exit', exit);
      return;
    }
    if (Date.now() - run.startedAtMs >= STABLE_RUN_MS) this.#attempts = 0;
    // Before any handler is called: one that looks at `health`, or stops, sees the new state.
    if (this.#options.restart === undefined) this.#fail();
    else this.#scheduleRestart();
    this.emit('exit', exit);
    this.emit('died', exit);
  }

  #fail(): void {
    this.#state = 'failed';
    this.#starting = undefined;
    this.#attempts = 0;
  }

  #scheduleRestart(): void {
    const { delayMs = 500, maxDelayMs = 8_000, maxAttempts = 5 } = this.#options.restart ?? {};
    if (this.#stopping !== undefined) return;
    if (this.#attempts >= maxAttempts) {
      this.#fail();
      const error = new HftError(
        'ERR_CONNECTOR_EXITED',
        `the connector died ${String(maxAttempts + 1)} times in a row${this.#run?.lastWords ?? ''}`,
        { remedy: EXIT_CODES },
      );
      // After `died`, which says why.
      queueMicrotask(() => this.emit('failed', error));
      return;
    }
    this.#state = 'restarting';
    const pauseMs = Math.min(maxDelayMs, delayMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1;
      this.#launch().catch(() => {
        this.#scheduleRestart();
      });
    }, pauseMs);
    this.#applyRef();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#restartTimer);
    const run = this.#run;
    if (run?.isAlive !== true) {
      process.off('exit', this.#onProcessExit);
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopping';
    const { stopTimeoutMs = STOP_TIMEOUT_MS } = this.#options;
    await run.end(stopTimeoutMs);
    process.off('exit', this.#onProcessExit);
    this.#state = 'stopped';
    if (this.#ordersLeft.length > 0) this.emit('ordersLeft', this.#ordersLeft);
  }
}
