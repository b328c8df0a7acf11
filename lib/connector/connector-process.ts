import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';

import { HftError } from '../models/hft-error.js';
import { checkKeys } from '../models/known-keys.js';
import {
  MUST_BE_KEYS,
  PROCESS_KEYS,
  RESTART_KEYS,
  type ConnectorProcessOptions,
} from './connector-process-options.js';
import { findConnector } from './find-connector.js';
import { LineReader } from './line-reader.js';
import { parseReadyLine, type ReadyInfo } from './ready-line.js';
import type { OrderLeft } from '../models/order-left.js';
import { SecretRedactor } from './secret-redactor.js';
import { parseStoppedLine } from './stopped-line.js';
import { TailBuffer } from './tail-buffer.js';

/** Where a connector process is in its life. `failed`: it ended by itself and is not started again. */
export type ConnectorProcessState =
  'created' | 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed';

/** How a connector process ended. */
export interface ConnectorExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it wrote to stderr, without secrets. */
  readonly stderrTail: string;
}

/** Condition of a connector process, made now. */
export interface ConnectorProcessHealth {
  readonly state: ConnectorProcessState;
  readonly processAlive: boolean;
  /** `undefined` while no process runs. */
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly uptimeMs: number;
  /** The last lines that it wrote to stderr, without secrets. */
  readonly stderrTail: string;
  /** How the last process ended; `undefined` when none has. */
  readonly lastExit: ConnectorExit | undefined;
}

interface ConnectorProcessEvents {
  /** The connector is ready; its ready line, parsed. Told after each restart as well. */
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
const LAST_WORDS_MS = 200;

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
  #child: ChildProcess | undefined;
  #state: ConnectorProcessState = 'created';
  #stderr: TailBuffer;
  /** Lines between the ready line and its event, which comes first. */
  #early: string[] = [];
  #lastExit: ConnectorExit | undefined;
  #ordersLeft: readonly OrderLeft[] = [];
  #restarts = 0;
  #attempts = 0;
  #startedAtMs = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #starting: Promise<ReadyInfo> | undefined;
  #stopping: Promise<void> | undefined;
  #isRef = true;
  readonly #onProcessExit = (): void => {
    this.#child?.kill('SIGTERM');
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
    this.#stderr = new TailBuffer(40, this.#redactor);
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
      return Promise.reject(new HftError('ERR_CLOSED', 'the connector process was stopped.'));
    this.#starting ??= this.#launch();
    return this.#starting;
  }

  /** Process id, `undefined` while no process runs. */
  get pid(): number | undefined {
    return this.#alive() ? this.#child?.pid : undefined;
  }

  /** State, process, restarts and last words. */
  get health(): ConnectorProcessHealth {
    const processAlive = this.#alive();
    return {
      state: this.#state,
      processAlive,
      pid: this.pid,
      restarts: this.#restarts,
      uptimeMs: processAlive ? Date.now() - this.#startedAtMs : 0,
      stderrTail: this.#stderr.text(),
      lastExit: this.#lastExit,
    };
  }

  /**
   * Writes a line to its standard input; with option `lines` only. `false`: no process takes it now,
   * and nothing was written.
   */
  write(line: string): boolean {
    const stdin = this.#options.lines === true ? this.#child?.stdin : undefined;
    if (stdin?.writable !== true || !this.#alive()) return false;
    stdin.write(`${line}\n`);
    return true;
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
    const child = this.#child;
    // The pipes of a child are sockets, whatever their declared type.
    const pipes = [child?.stdin, child?.stdout, child?.stderr] as (Socket | null | undefined)[];
    for (const handle of [child, this.#restartTimer, ...pipes]) {
      if (this.#isRef) handle?.ref();
      else handle?.unref();
    }
  }

  #alive(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async #launch(): Promise<ReadyInfo> {
    const { args, lines = false, cwd } = this.#options;
    const env = this.#options.env ?? process.env;
    if (this.#state !== 'restarting') this.#state = 'starting';
    try {
      const binary = this.#options.binary ?? findConnector(env);
      this.#stderr = new TailBuffer(40, this.#redactor);
      this.#early = [];
      this.#startedAtMs = Date.now();
      // Its input ends with this process, even by SIGKILL, and the connector with its input.
      const mode = lines ? ['--stdio'] : ['--ready-json', '--with-stdin'];
      const child = spawn(binary, [...args, ...mode], {
        stdio: ['pipe', 'pipe', 'pipe'],
        // Out of the terminal's reach: at Ctrl+C the bot can still cancel its orders through it.
        detached: true,
        // Its log is read by programs here.
        env: {
          NO_COLOR: '1',
          CONNECTOR_STOP_WAIT_MS: String(stopWaitMs(this.#options)),
          ...env,
        },
        ...(cwd === undefined ? {} : { cwd }),
      });
      this.#child = child;
      this.#applyRef();
      process.off('exit', this.#onProcessExit).on('exit', this.#onProcessExit);
      // Its end is reported by `exit`; a write to a process that ends fails here.
      child.stdin.on('error', () => undefined);
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        for (const line of this.#stderr.push(chunk)) this.emit('log', line);
      });
      const info = await this.#untilReady(child);
      this.#refuseAnother(info);
      if (this.#stopping !== undefined)
        throw new HftError('ERR_CLOSED', 'the connector process was stopped while it started.');
      this.#state = 'running';
      child.once('exit', (code, signal) => {
        this.#onDeath(code, signal);
      });
      this.emit('ready', info);
      for (const line of this.#early.splice(0)) this.emit('line', line);
      // It may have ended between its ready line and the listener above.
      if (!this.#alive()) this.#onDeath(child.exitCode, child.signalCode);
      return info;
    } catch (error) {
      // A stop ends it in its own way.
      if (this.#stopping === undefined && this.#alive()) this.#child?.kill('SIGKILL');
      process.off('exit', this.#onProcessExit);
      if (this.#state === 'starting') {
        this.#state = 'failed';
        this.#starting = undefined;
      }
      throw error;
    }
  }

  #untilReady(child: ChildProcess): Promise<ReadyInfo> {
    const { readyTimeoutMs = 15_000, lines = false } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new HftError(
            'ERR_TIMEOUT',
            `the connector was not ready after ${String(readyTimeoutMs)} ms${this.#said()}`,
          ),
        );
      }, readyTimeoutMs);
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(
          new HftError(
            'ERR_CONNECTOR_NOT_FOUND',
            `the connector could not be started: ${error.message}`,
            { cause: error },
          ),
        );
      });
      // 'close' and not 'exit': by then stderr is complete.
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        if (this.#stopping !== undefined) {
          reject(new HftError('ERR_CLOSED', 'the connector process was stopped.'));
          return;
        }
        this.#lastExit = { code, signal, stderrTail: this.#stderr.text() };
        const how = signal ?? `code ${String(code)}`;
        reject(
          new HftError(
            'ERR_CONNECTOR_EXITED',
            `the connector ended with ${how} before it was ready${this.#said()}`,
          ),
        );
      });
      let isReady = false;
      const reader = new LineReader(
        (line) => {
          const info = isReady ? undefined : parseReadyLine(line);
          if (info !== undefined) {
            isReady = true;
            clearTimeout(timer);
            resolve(info);
          } else if (lines && isReady && this.#state !== 'running') {
            this.#early.push(line);
          } else if (lines) {
            this.emit('line', line);
          } else {
            this.#ordersLeft = parseStoppedLine(line) ?? this.#ordersLeft;
          }
        },
        () => {
          this.emit('log', 'a line on the standard output was too long and is left out');
        },
      );
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        reader.push(chunk);
      });
    });
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

  #said(): string {
    const text = this.#stderr.text();
    return text === '' ? '' : `:\n${text}`;
  }

  #onDeath(code: number | null, signal: NodeJS.Signals | null): void {
    process.off('exit', this.#onProcessExit);
    const exit: ConnectorExit = { code, signal, stderrTail: this.#stderr.text() };
    this.#lastExit = exit;
    const asked = this.#stopping !== undefined;
    if (asked) {
      this.#state = 'stopped';
      this.emit('exit', exit);
      return;
    }
    if (Date.now() - this.#startedAtMs >= STABLE_RUN_MS) this.#attempts = 0;
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
        `the connector died ${String(maxAttempts + 1)} times in a row${this.#said()}`,
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
    const child = this.#child;
    if (child === undefined || !this.#alive()) {
      process.off('exit', this.#onProcessExit);
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopping';
    const gone = once(child, 'exit');
    const closed = once(child, 'close');
    child.stdin?.end();
    child.kill('SIGTERM');
    const { stopTimeoutMs = STOP_TIMEOUT_MS } = this.#options;
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await gone;
    clearTimeout(timer);
    // Its last words; a process of its own that holds the pipe is not waited for.
    let patience: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (patience = setTimeout(resolve, LAST_WORDS_MS)));
    await Promise.race([closed, enough]);
    clearTimeout(patience);
    process.off('exit', this.#onProcessExit);
    this.#state = 'stopped';
    if (this.#ordersLeft.length > 0) this.emit('ordersLeft', this.#ordersLeft);
  }
}
