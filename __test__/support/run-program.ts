import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

import { until } from './until.js';

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** One of `support/programs` in a Node process of its own. Killed after the test. */
export class Program {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  /** Resolves once it has ended and everything it wrote is there. */
  readonly end: Promise<ProgramEnd>;

  constructor(name: string, ...args: string[]) {
    const file = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
    const child = spawn(process.execPath, [file, ...args]);
    this.#child = child;
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.#stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.#stderr += chunk));
    this.end = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal, lines: this.lines, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lines(): string[] {
    return this.#stdout.trim().split('\n');
  }

  /** Waits for a line that starts so; throws with its stderr when it ends without one. */
  async line(start: string, timeoutMs = 30_000): Promise<string> {
    let found: string | undefined;
    await until(
      () => {
        // The last piece may still be half a line.
        found = this.#stdout
          .split('\n')
          .slice(0, -1)
          .find((line) => line.startsWith(start));
        if (found === undefined && (this.#child.exitCode ?? this.#child.signalCode) !== null)
          throw new Error(`the program ended without a line "${start}": ${this.#stderr}`);
        return found !== undefined;
      },
      `a line "${start}"`,
      timeoutMs,
    );
    return found!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#child.stdin?.end();
  }
}
