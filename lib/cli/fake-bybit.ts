import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { HftError } from '../models/hft-error.js';
import { packageRoot } from '../native/package-root.js';

/** What the fake venue says when it listens. */
export interface FakeBybitInfo {
  readonly pid: number;
  readonly seed: number;
  readonly urls: Readonly<
    Record<'publicLinear' | 'publicSpot' | 'private' | 'trade' | 'rest' | 'control', string>
  >;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** Where `npm run build:native -- --features live` puts it. */
export function fakeBybitBinary(): string {
  return join(packageRoot(), 'target', 'release', 'fake-bybit');
}

/**
 * The fake Bybit v5 venue of this repository in a child process, on 127.0.0.1. For the demo and the
 * tests: it is not part of the package. It ends with this process, whichever way that ends.
 */
export class FakeBybit {
  readonly info: FakeBybitInfo;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, info: FakeBybitInfo) {
    this.#child = child;
    this.info = info;
  }

  /** @throws HftError `ERR_CONNECTOR_NOT_FOUND` when it is not built, `ERR_CONNECTOR_EXITED`. */
  static async start(args: readonly string[] = []): Promise<FakeBybit> {
    const binary = fakeBybitBinary();
    if (!existsSync(binary)) {
      throw new HftError('ERR_CONNECTOR_NOT_FOUND', `there is no fake venue at ${binary}.`, {
        remedy: 'Run `npm run build:native -- --features live` in a checkout of the repository.',
      });
    }
    const child = spawn(binary, ['--with-stdin', ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A Ctrl+C in the terminal is the demo's alone; this ends with its input.
      detached: true,
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'close').then(([code, signal]: (string | number | null)[]) => {
      throw new HftError(
        'ERR_CONNECTOR_EXITED',
        `the fake venue ended with ${String(signal ?? code)} before it listened.`,
        { remedy: 'The lines above say why.' },
      );
    });
    ended.catch(() => undefined);
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    return new FakeBybit(child, JSON.parse(line) as FakeBybitInfo);
  }

  /** The config of a connector on this venue: its addresses. */
  get connectorConfig(): Readonly<Record<string, string>> {
    const { publicLinear, private: privateUrl, trade, rest } = this.info.urls;
    return {
      public_url: publicLinear,
      private_url: privateUrl,
      trade_url: trade,
      rest_url: rest,
    };
  }

  /** The environment of a connector on this venue: its keys. */
  get connectorEnv(): Readonly<Record<string, string>> {
    return { BYBIT_API_KEY: this.info.apiKey, BYBIT_API_SECRET: this.info.apiSecret };
  }

  /** Idempotent, never throws. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
    await gone;
  }
}
