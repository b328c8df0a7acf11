import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type * as toml from 'smol-toml';

import { ownUrl } from '../native/own-url.js';

// Loaded when a connector with a config is started: every program would pay for it otherwise.
const load = createRequire(ownUrl(import.meta.url));

/** A config file that only this user can read, until it is removed or the process ends. */
export class TemporaryConfig {
  readonly path: string;
  readonly #folder: string;
  readonly #onExit = (): void => {
    this.remove();
  };

  constructor(config: Readonly<Record<string, unknown>>) {
    const { stringify } = load('smol-toml') as typeof toml;
    const text = stringify(config);
    this.#folder = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-'));
    this.path = path.join(this.#folder, 'connector.toml');
    process.once('exit', this.#onExit);
    writeFileSync(this.path, text, { mode: 0o600, flag: 'wx' });
  }

  /** Idempotent. */
  remove(): void {
    process.off('exit', this.#onExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
