import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

import { HftError } from '../models/hft-error.js';
import { EXIT_CODES, stoppedError } from './connector-ends.js';
import type { OrderLeft } from '../models/order-left.js';
import { LineReader } from './line-reader.js';
import { parseReadyLine, type ReadyInfo } from './ready-line.js';
import type { SecretRedactor } from './secret-redactor.js';
import { parseStoppedLine } from './stopped-line.js';
import { TailBuffer } from './tail-buffer.js';

/** How a connector process ended. */
export interface ConnectorExit {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** `null` when it ended by itself. */
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it wrote to stderr, without secrets. */
  readonly stderrTail: string;
}

/** The program to run. */
export interface ConnectorProgram {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string | undefined;
  /** It speaks JSON lines on its standard input and output. */
  readonly lines: boolean;
}

/** What a run reports. */
export interface RunHooks {
  /** A line of its stderr, without secrets. */
  onLog(line: string): void;
  /** A line of its stdout that is not the ready line; of a program that speaks JSON lines only. */
  onLine(line: string, isReady: boolean): void;
  /** It has said which orders stay open at the venue. */
  onOrdersLeft(orders: readonly OrderLeft[]): void;
  /** It has ended and everything that it wrote was read. */
  onClosed(exit: ConnectorExit): void;
  /** Its end was asked for. */
  isStopping(): boolean;
}

/** Lines of stderr that are kept. */
const STDERR_LINES = 40;
/** How long its pipes may stay open after its end. */
const LAST_WORDS_MS = 200;

/** One run of the connector program, from its start to its end. */
export class ConnectorRun {
  readonly startedAtMs = Date.now();
  readonly #child: ChildProcess;
  readonly #stderr: TailBuffer;
  readonly #lines: boolean;
  readonly #hooks: RunHooks;

  constructor(program: ConnectorProgram, redactor: SecretRedactor, hooks: RunHooks) {
    const { binary, args, env, cwd, lines } = program;
    this.#stderr = new TailBuffer(STDERR_LINES, redactor);
    this.#lines = lines;
    this.#hooks = hooks;
    // Its input ends with this process, even by SIGKILL, and the connector with its input.
    const mode = lines ? ['--stdio'] : ['--ready-json', '--with-stdin'];
    const child = spawn(binary, [...args, ...mode], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Out of the terminal's reach: at Ctrl+C the bot can still cancel its orders through it.
      detached: true,
      env,
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#child = child;
    // Its end is reported by `exit`; a write to a process that ends fails here.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      for (const line of this.#stderr.push(chunk)) hooks.onLog(line);
    });
  }

  get isAlive(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  get pid(): number | undefined {
    return this.isAlive ? this.#child.pid : undefined;
  }

  /** The last lines of its stderr, without secrets. */
  get stderrTail(): string {
    return this.#stderr.text();
  }

  /** Its last lines as the end of a sentence; '' when it wrote none. */
  get lastWords(): string {
    const text = this.stderrTail;
    return text === '' ? '' : `:\n${text}`;
  }

  /**
   * Waits for its ready line. Called once, at its start.
   *
   * @throws HftError `ERR_TIMEOUT`, `ERR_CONNECTOR_NOT_FOUND`, `ERR_CONNECTOR_EXITED`, `ERR_CLOSED`
   * when its end was asked for.
   */
  ready(timeoutMs: number): Promise<ReadyInfo> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new HftError(
            'ERR_TIMEOUT',
            `the connector was not ready after ${String(timeoutMs)} ms${this.lastWords}`,
            { remedy: 'Give it longer, or see in what it wrote what it waits for.' },
          ),
        );
      }, timeoutMs);
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(
          new HftError(
            'ERR_CONNECTOR_NOT_FOUND',
            `the connector could not be started: ${error.message}`,
            {
              remedy: 'See whether the file is a program of this machine: hftbacktest-live doctor.',
              cause: error,
            },
          ),
        );
      });
      // 'close' and not 'exit': by then stderr is complete.
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        if (this.#hooks.isStopping()) {
          reject(stoppedError('the connector process was stopped.'));
          return;
        }
        this.#hooks.onClosed({ code, signal, stderrTail: this.stderrTail });
        const how = signal ?? `code ${String(code)}`;
        reject(
          new HftError(
            'ERR_CONNECTOR_EXITED',
            `the connector ended with ${how} before it was ready${this.lastWords}`,
            { remedy: EXIT_CODES },
          ),
        );
      });
      this.#readLines((info) => {
        clearTimeout(timer);
        resolve(info);
      });
    });
  }

  /** How it ended, as far as that is known. */
  get exit(): ConnectorExit {
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, stderrTail: this.stderrTail };
  }

  /** Calls back when it ends; never when it has ended already. */
  onExit(listener: () => void): void {
    this.#child.once('exit', listener);
  }

  /** Writes a line to its standard input; false when it takes none now. */
  write(line: string): boolean {
    const { stdin } = this.#child;
    if (!this.#lines || stdin?.writable !== true || !this.isAlive) return false;
    stdin.write(`${line}\n`);
    return true;
  }

  /** Whether it keeps this process alive. */
  setRef(isRef: boolean): void {
    const child = this.#child;
    // The pipes of a child are sockets, whatever their declared type.
    const pipes = [child.stdin, child.stdout, child.stderr] as (Socket | null)[];
    for (const handle of [child, ...pipes]) {
      if (isRef) handle?.ref();
      else handle?.unref();
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends its input, sends SIGTERM, and SIGKILL after the time-out; resolves when it has ended. */
  async end(timeoutMs: number): Promise<void> {
    const child = this.#child;
    const gone = once(child, 'exit');
    const closed = once(child, 'close');
    child.stdin?.end();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    await gone;
    clearTimeout(timer);
    // Its last words; a process of its own that holds the pipe is not waited for.
    let patience: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (patience = setTimeout(resolve, LAST_WORDS_MS)));
    await Promise.race([closed, enough]);
    clearTimeout(patience);
  }

  #readLines(onReady: (info: ReadyInfo) => void): void {
    let isReady = false;
    const reader = new LineReader(
      (line) => {
        const info = isReady ? undefined : parseReadyLine(line);
        if (info !== undefined) {
          isReady = true;
          onReady(info);
        } else if (this.#lines) {
          this.#hooks.onLine(line, isReady);
        } else {
          const orders = parseStoppedLine(line);
          if (orders !== undefined) this.#hooks.onOrdersLeft(orders);
        }
      },
      () => {
        this.#hooks.onLog('a line on the standard output was too long and is left out');
      },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      reader.push(chunk);
    });
  }
}
