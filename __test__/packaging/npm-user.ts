import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where a program of the PATH is. */
function found(program: string): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const file = folders.map((dir) => path.join(dir, program)).find((name) => existsSync(name));
  if (file === undefined) throw new Error(`${program} is not on the PATH`);
  return realpathSync(file);
}

/** What a program of a user printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody with Node.js and npm and nothing else: no Rust, no settings, a cache of their own. */
export class NpmUser {
  readonly home = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-user-'));
  readonly #bin = path.join(this.home, 'bin');
  readonly #registry: string;

  constructor(registry: string) {
    this.#registry = registry;
    mkdirSync(this.#bin);
    for (const program of ['node', 'npm', 'npx', 'sh'])
      symlinkSync(
        program === 'node' ? process.execPath : found(program),
        path.join(this.#bin, program),
      );
  }

  /** Makes a folder of the user. */
  emptyFolder(name: string): string {
    const dir = path.join(this.home, name);
    mkdirSync(dir);
    return dir;
  }

  /** Runs a program to its end; rejects when it ends with another code than 0. */
  async run(
    cwd: string,
    [program = '', ...args]: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Printed> {
    return promisify(execFile)(path.join(this.#bin, program), args, {
      cwd,
      timeout: 50_000,
      env: {
        PATH: this.#bin,
        HOME: this.home,
        npm_config_cache: path.join(this.home, 'cache'),
        npm_config_userconfig: path.join(this.home, 'npmrc'),
        npm_config_globalconfig: path.join(this.home, 'global-npmrc'),
        npm_config_registry: this.#registry,
        npm_config_update_notifier: 'false',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        ...env,
      },
    });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
