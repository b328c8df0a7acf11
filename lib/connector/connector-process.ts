import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

import { HftError } from '../models/hft-error.js';
import { findConnector } from './find-connector.js';
import { TailBuffer } from './tail-buffer.js';

/** How to run a connector in a child process. */
export interface ConnectorProcessOptions {
  /** Arguments of the connector, for instance `['my-sim', 'sim']`; `--ready-json` is added. */
  readonly args: readonly string[];
  /** Path of the binary; found by `findConnector` when not given. */
  readonly binary?: string;
  /** Environment of the process; this process's own when not given. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** How long the connector may take until it is ready, default 15 000. */
  readonly readyTimeoutMs?: number;
  /** How long it may take to end after SIGTERM before it gets SIGKILL, default 5 000. */
  readonly stopTimeoutMs?: number;
  /** Starts it again when it dies; off when not given. */
  readonly restart?: {
    /** Pause before the first restart, doubled each time up to `maxDelayMs`. Default 500. */
    readonly delayMs?: number;
    /** Default 8 000. */
    readonly maxDelayMs?: number;
    /** Restarts in a row before giving up, default 5. A run of 30 s resets the count. */
    readonly maxAttempts?: number;
  };
}

/** Where a connector process is in its life. `failed`: it ended by itself and is not started again. */
export type ConnectorProcessState =
  'created' | 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed';

/** Condition of a connector process, made now. */
export interface ConnectorProcessHealth {
  readonly state: ConnectorProcessState;
  readonly processAlive: boolean;
  /** `undefined` while no process runs. */
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly uptimeMs: number;
  /** The last lines that it wrote to stderr. */
  readonly stderrTail: string;
}

/** How a connector process ended. */
export interface ConnectorExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderrTail: string;
}

interface ConnectorProcessEvents {
  /** The connector is ready; its ready line, parsed. */
  ready: [info: Readonly<Record<string, unknown>>];
  /** It ended without being asked to. */
  died: [exit: ConnectorExit];
  /** It ended, asked or not. */
  exit: [exit: ConnectorExit];
  /** Restarting was given up. */
  failed: [error: HftError];
  /** A line of its stderr. */
  log: [line: string];
}

/** A run this long counts as healthy: the next death starts the backoff anew. */
const STABLE_RUN_MS = 30_000;

/**
 * A connector in a child process: start, readiness, death, restart, stop. It ends with this
 * process in every ordinary case; after SIGKILL of this process it goes on running.
 */
export class ConnectorProcess extends EventEmitter<ConnectorProcessEvents> {
  readonly #options: ConnectorProcessOptions;
  #child: ChildProcess | undefined;
  #state: ConnectorProcessState = 'created';
  #stderr = new TailBuffer(40);
  #restarts = 0;
  #attempts = 0;
  #startedAtMs = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #starting: Promise<Readonly<Record<string, unknown>>> | undefined;
  #stopping: Promise<void> | undefined;
  readonly #onProcessExit = (): void => {
    this.#child?.kill('SIGTERM');
  };

  constructor(options: ConnectorProcessOptions) {
    super();
    this.#options = options;
  }

  /**
   * Starts the process and waits until it is ready. Returns its ready line. Calling again while it
   * starts or runs returns the same promise.
   *
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED` (it ended early; the
   * message carries what it wrote), `ERR_TIMEOUT`, `ERR_CLOSED` after `stop()`.
   */
  start(): Promise<Readonly<Record<string, unknown>>> {
    if (this.#stopping !== undefined)
      return Promise.reject(new HftError('ERR_CLOSED', 'the connector process was stopped'));
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
    };
  }

  /** Ends the process: SIGTERM, and SIGKILL after `stopTimeoutMs`. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** As `stop()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #alive(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async #launch(): Promise<Readonly<Record<string, unknown>>> {
    const binary = this.#options.binary ?? findConnector(this.#options.env ?? process.env);
    if (this.#state !== 'restarting') this.#state = 'starting';
    this.#stderr = new TailBuffer(40);
    this.#startedAtMs = Date.now();
    const child = spawn(binary, [...this.#options.args, '--ready-json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.#options.env ?? process.env,
      ...(this.#options.cwd === undefined ? {} : { cwd: this.#options.cwd }),
    });
    this.#child = child;
    process.off('exit', this.#onProcessExit).on('exit', this.#onProcessExit);
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      for (const line of this.#stderr.push(chunk)) this.emit('log', line);
    });
    try {
      const info = await this.#untilReady(child);
      this.#state = 'running';
      child.once('exit', (code, signal) => {
        this.#onDeath(code, signal);
      });
      // It may have ended between its ready line and the listener above.
      if (!this.#alive()) this.#onDeath(child.exitCode, child.signalCode);
      this.emit('ready', info);
      return info;
    } catch (error) {
      if (this.#alive()) child.kill('SIGKILL');
      process.off('exit', this.#onProcessExit);
      if (this.#state === 'starting') {
        this.#state = 'failed';
        this.#starting = undefined;
      }
      throw error;
    }
  }

  #untilReady(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
    const timeoutMs = this.#options.readyTimeoutMs ?? 15_000;
    return new Promise((resolve, reject) => {
      const stdout = new TailBuffer(10);
      const timer = setTimeout(() => {
        reject(
          new HftError(
            'ERR_TIMEOUT',
            `the connector was not ready after ${String(timeoutMs)} ms${this.#said()}`,
          ),
        );
      }, timeoutMs);
      child.once('error', (error) => {
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
        const how = signal ?? `code ${String(code)}`;
        reject(
          new HftError(
            'ERR_CONNECTOR_EXITED',
            `the connector ended with ${how} before it was ready${this.#said()}`,
          ),
        );
      });
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        for (const line of stdout.push(chunk)) {
          const info = parseReady(line);
          if (info === undefined) continue;
          clearTimeout(timer);
          resolve(info);
        }
      });
    });
  }

  #said(): string {
    const text = this.#stderr.text();
    return text === '' ? '' : `:\n${text}`;
  }

  #onDeath(code: number | null, signal: NodeJS.Signals | null): void {
    process.off('exit', this.#onProcessExit);
    const exit: ConnectorExit = { code, signal, stderrTail: this.#stderr.text() };
    const asked = this.#stopping !== undefined;
    if (asked) this.#state = 'stopped';
    else if (this.#options.restart === undefined) this.#state = 'failed';
    this.emit('exit', exit);
    if (asked) return;
    this.emit('died', exit);
    if (this.#options.restart !== undefined) {
      if (Date.now() - this.#startedAtMs >= STABLE_RUN_MS) this.#attempts = 0;
      this.#scheduleRestart();
    }
  }

  #scheduleRestart(): void {
    const { delayMs = 500, maxDelayMs = 8_000, maxAttempts = 5 } = this.#options.restart ?? {};
    if (this.#stopping !== undefined) return;
    if (this.#attempts >= maxAttempts) {
      this.#state = 'failed';
      this.emit(
        'failed',
        new HftError(
          'ERR_CONNECTOR_EXITED',
          `the connector died ${String(maxAttempts + 1)} times in a row${this.#said()}`,
        ),
      );
      return;
    }
    this.#state = 'restarting';
    const delay = Math.min(maxDelayMs, delayMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1;
      this.#launch().catch(() => {
        this.#scheduleRestart();
      });
    }, delay);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined || !this.#alive()) {
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopping';
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopTimeoutMs ?? 5_000);
    await gone;
    clearTimeout(timer);
    process.off('exit', this.#onProcessExit);
    this.#state = 'stopped';
  }
}

/** A ready line is a JSON object that says so: `{"ready":true,…}` or `{"type":"ready",…}`. */
function parseReady(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value['ready'] === true || value['type'] === 'ready' || value['event'] === 'ready'
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
