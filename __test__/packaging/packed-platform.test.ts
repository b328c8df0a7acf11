import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNative } from '../support/native-suite.js';
import { Consumer, pack, PACK_TIMEOUT_MS, type Manifest } from './consumer.js';
import { cjsProgram, esmProgram } from './programs.js';

describeNative('the packed package with the platform package', () => {
  const tarballs = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-pack-'));
  let consumer: Consumer;
  let platform: Manifest;

  beforeAll(() => {
    consumer = new Consumer();
    consumer.install(pack(tarballs, 'main'));
    platform = consumer.install(pack(tarballs, 'platform'));
  }, PACK_TIMEOUT_MS);

  afterAll(() => {
    consumer.remove();
    rmSync(tarballs, { recursive: true, force: true });
  });

  it('brings a connector that can be started', () => {
    const connector = path.join(consumer.dir, 'node_modules', platform.name, 'connector');
    expect(statSync(connector).mode & 0o111).not.toBe(0);
  });

  it.each([
    ['an ES module', 'native.mjs', esmProgram],
    ['a CommonJS module', 'native.cjs', cjsProgram],
  ])('gives %s the native bot, without a warning', (_kind, file, program) => {
    consumer.write(file, program);
    const { status, stdout, stderr } = consumer.node(file);
    expect(stderr).not.toMatch(/HFTBACKTEST_LIVE_STUB/);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ backend: 'native', assets: 1 });
  });
});
