// A user without a network and without Rust: npm's cache, the two tarballs, an empty folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';
import { pack, PACK_TIMEOUT_MS } from './consumer.js';
import { LoopbackRegistry } from './loopback-registry.js';
import { NpmUser } from './npm-user.js';

describeNative('the packed tarballs, installed offline in an empty folder without Rust', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-offline-'));
  let tarballs: string[];
  let user: NpmUser;

  beforeAll(async () => {
    tarballs = [pack(folder, 'main'), pack(folder, 'platform')];
    // The cache of somebody who has installed the dependencies at some time.
    const server = await LoopbackRegistry.start();
    user = new NpmUser(server.url);
    try {
      await user.run(user.emptyFolder('before'), ['npm', 'install', ...tarballs]);
    } finally {
      await server.stop();
    }
  }, PACK_TIMEOUT_MS);

  afterAll(() => {
    user.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('run `npx hftbacktest-live demo` natively', async () => {
    const dir = user.emptyFolder('app');
    await user.run(dir, ['npm', 'install', '--offline', ...tarballs]);
    const demo = ['npx', 'hftbacktest-live', 'demo', '--seconds', '3', '--json'];
    const { stdout } = await user.run(dir, demo);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ backend: 'native', connector: 'sim', gaps: 0, dropped: 0 });
    expect(report['events']).toBeGreaterThan(1_000);
    expect(report['ordersSubmitted']).toBeGreaterThan(0);
  });
});
