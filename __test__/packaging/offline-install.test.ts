// A user without a network and without Rust: npm's cache, the two tarballs, an empty folder.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';
import { pack, PACK_TIMEOUT_MS } from './consumer.js';
import { LoopbackRegistry } from './loopback-registry.js';

/** Where a program of the PATH is. */
function found(program: string): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const file = folders.map((dir) => path.join(dir, program)).find((name) => existsSync(name));
  if (file === undefined) throw new Error(`${program} is not on the PATH`);
  return realpathSync(file);
}

describeNative('the packed tarballs, installed offline in an empty folder without Rust', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-offline-'));
  const bin = path.join(folder, 'bin');
  let tarballs: string[];
  let registry: string;

  /** Runs a program of npm with nothing else on the PATH, and npm's own settings only. */
  async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(path.join(bin, program), args, {
      cwd,
      timeout: 50_000,
      env: {
        PATH: bin,
        HOME: folder,
        npm_config_cache: path.join(folder, 'cache'),
        npm_config_userconfig: path.join(folder, 'npmrc'),
        npm_config_globalconfig: path.join(folder, 'global-npmrc'),
        npm_config_registry: registry,
        npm_config_update_notifier: 'false',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      },
    });
    return stdout;
  }

  function emptyFolder(name: string): string {
    const dir = path.join(folder, name);
    mkdirSync(dir);
    return dir;
  }

  beforeAll(async () => {
    mkdirSync(bin);
    for (const program of ['node', 'npm', 'npx', 'sh']) {
      symlinkSync(program === 'node' ? process.execPath : found(program), path.join(bin, program));
    }
    tarballs = [pack(folder, 'main'), pack(folder, 'platform')];
    // The cache of somebody who has installed the dependencies at some time.
    const server = await LoopbackRegistry.start();
    registry = server.url;
    try {
      await run(emptyFolder('before'), 'npm', 'install', ...tarballs);
    } finally {
      await server.stop();
    }
  }, PACK_TIMEOUT_MS);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('run `npx hftbacktest-live demo` natively', async () => {
    const dir = emptyFolder('app');
    await run(dir, 'npm', 'install', '--offline', ...tarballs);
    const stdout = await run(dir, 'npx', 'hftbacktest-live', 'demo', '--seconds', '3', '--json');
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ backend: 'native', connector: 'sim', gaps: 0, dropped: 0 });
    expect(report['events']).toBeGreaterThan(1_000);
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
  });
});
