// A user's first five minutes: an empty folder, `init`, `npm install`, `npm start`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';
import { pack, PACK_TIMEOUT_MS } from './consumer.js';
import { LoopbackRegistry } from './loopback-registry.js';
import { NpmUser } from './npm-user.js';

const tarballs = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-init-'));
afterAll(() => {
  rmSync(tarballs, { recursive: true, force: true });
});

/** A project as a user makes it, with a registry that has what is given. */
class Project {
  readonly user: NpmUser;
  readonly folder: string;
  readonly #registry: LoopbackRegistry;

  private constructor(registry: LoopbackRegistry) {
    this.#registry = registry;
    this.user = new NpmUser(registry.url);
    this.folder = path.join(this.user.home, 'my-first-bot');
  }

  static async make(which: readonly ('main' | 'platform')[]): Promise<Project> {
    const registry = await LoopbackRegistry.start({
      published: which.map((each) => pack(tarballs, each)),
      also: ['typescript', '@types/node', 'undici-types'],
    });
    const project = new Project(registry);
    const { home } = project.user;
    await project.user.run(home, ['npx', '--yes', 'hftbacktest-live', 'init', 'my-first-bot']);
    const { stderr } = await project.npm('install', '--engine-strict');
    expect(stderr).toBe('');
    return project;
  }

  npm(...words: readonly string[]): ReturnType<NpmUser['run']> {
    return this.user.run(this.folder, ['npm', ...words]);
  }

  async remove(): Promise<void> {
    await this.#registry.stop();
    this.user.remove();
  }
}

describe('a new project without the addon', () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.make(['main']);
  }, PACK_TIMEOUT_MS);
  afterAll(() => project.remove());

  it('suits the strict compiler, and its test passes', async () => {
    await project.npm('run', 'check');
    const { stdout } = await project.npm('test');
    expect(stdout).toMatch(/pass 3\b/);
    expect(stdout).toMatch(/fail 0\b/);
  });

  it('starts on the stub and says so loudly', async () => {
    const { stdout, stderr } = await project.npm('start', '--', '--seconds', '3');
    expect(stdout).toMatch(/backend: 'stub',\s+reason: 'duration',\s+trades: [1-9]/);
    expect(stdout).not.toMatch(/undefined|NaN/);
    expect(stderr).toMatch(
      /^\*\*\* STUB: prices are made up.*\n\*\*\* .* is not installed.*--omit=optional.* \*\*\*\n$/,
    );
  });

  it.each([
    ['paper', /is not installed.*--omit=optional/],
    ['live', /^BYBIT_API_KEY and BYBIT_API_SECRET missing: copy \.env\.example to \.env/m],
  ])('never takes the stub for %s', async (script, why) => {
    await expect(project.npm('run', script)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(why) as string,
      stdout: expect.not.stringMatching(/backend/) as string,
    });
  });

  it('sends real orders only when asked for by name, though keys are there', async () => {
    const env = { BYBIT_API_KEY: 'k'.repeat(18), BYBIT_API_SECRET: 's'.repeat(36) };
    const live = project.user.run(project.folder, ['npm', 'run', 'live'], env);
    await expect(live).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/real orders to Bybit's mainnet.*--real-orders/) as string,
    });
  });
});

describeNative('a new project with the addon', () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.make(['main', 'platform']);
  }, PACK_TIMEOUT_MS);
  afterAll(() => project.remove());

  it('starts on the simulated exchange at once', async () => {
    const { stdout, stderr } = await project.npm('start', '--', '--seconds', '4');
    expect(stdout).toMatch(/backend: 'native',\s+reason: 'duration',\s+trades: [1-9]/);
    expect(stdout).toMatch(/ordersSubmitted: [1-9]/);
    expect(stdout).toMatch(/ordersLeft: \[\]/);
    expect(stderr).toBe('');
  });

  it('refuses to write a second one over it', async () => {
    const again = project.user.run(project.folder, ['npx', 'hftbacktest-live', 'init']);
    await expect(again).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not empty: .*package\.json, src/) as string,
    });
  });
});
