import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer, pack, PACK_TIMEOUT_MS, type Manifest } from './consumer.js';
import { cjsProgram, esmProgram, importOnlyProgram, typedProgram } from './programs.js';

describe('the packed package without the addon', () => {
  const tarballs = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-pack-'));
  let consumer: Consumer;
  let manifest: Manifest;

  beforeAll(() => {
    consumer = new Consumer();
    manifest = consumer.install(pack(tarballs, 'main'));
    consumer.link('@types/node');
    consumer.link('undici-types');
  }, PACK_TIMEOUT_MS);

  afterAll(() => {
    consumer.remove();
    rmSync(tarballs, { recursive: true, force: true });
  });

  it('names the platform packages as optional and leaves development out', () => {
    expect(Object.keys(manifest.optionalDependencies)).toEqual([
      'hftbacktest-live-linux-x64-gnu',
      'hftbacktest-live-linux-arm64-gnu',
      'hftbacktest-live-darwin-arm64',
    ]);
    expect(manifest.scripts).toBeUndefined();
    expect(manifest.devDependencies).toBeUndefined();
  });

  it('holds every worker file in both formats', () => {
    const dist = path.join(consumer.dir, 'node_modules', 'hftbacktest-live', 'dist');
    for (const name of ['strategy-worker', 'client-worker', 'index']) {
      expect(existsSync(path.join(dist, `${name}.js`)), `${name}.js`).toBe(true);
      expect(existsSync(path.join(dist, `${name}.cjs`)), `${name}.cjs`).toBe(true);
    }
  });

  it('holds the guides that its README and its messages name', () => {
    const folder = path.join(consumer.dir, 'node_modules', 'hftbacktest-live');
    const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
    const guides = new Set(readme.match(/docs\/guide\/[a-z-]+\.md/g));
    expect(guides.size).toBeGreaterThan(15);
    for (const guide of guides) expect(existsSync(path.join(folder, guide)), guide).toBe(true);
  });

  it('is imported without a word when nothing is asked of it', () => {
    consumer.write('import.mjs', importOnlyProgram);
    const { status, stdout, stderr } = consumer.node('import.mjs');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { exports: number }).exports).toBeGreaterThan(10);
  });

  it.each([
    ['an ES module', 'stub.mjs', esmProgram],
    ['a CommonJS module', 'stub.cjs', cjsProgram],
  ])('gives %s the stub, with one warning that says so', (_kind, file, program) => {
    consumer.write(file, program);
    const { status, stdout, stderr } = consumer.node(file);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ backend: 'stub', assets: 1 });
    expect(stderr.match(/HFTBACKTEST_LIVE_STUB/g)).toHaveLength(1);
  });

  it('names no script of the repository where something is missing or does not fit', () => {
    consumer.write(
      'missing.mjs',
      `import { ConnectorProcess, create } from 'hftbacktest-live';
       const instruments = [{ symbol: 'X', connector: 'sim', tickSize: 0.1, lotSize: 0.1 }];
       for (const call of [
         () => create({ instruments, backend: 'native' }),
         () => new ConnectorProcess({ args: ['x', 'sim'] }).start(),
       ])
         try { await call(); } catch (error) { console.log(error.code, error.message); }`,
    );
    consumer.write('none', 'not a library');
    const main = path.join(consumer.dir, 'node_modules', 'hftbacktest-live', 'dist/cli/main.js');
    consumer.write('doctor.mjs', `process.argv[2] = 'doctor'; await import('${main}');`);
    const none = path.join(consumer.dir, 'none');
    for (const env of [
      {},
      { HFTBACKTEST_LIVE_ADDON: none, HFTBACKTEST_LIVE_CONNECTOR: none },
      { HFTBACKTEST_LIVE_ADDON: `${none}.node`, HFTBACKTEST_LIVE_CONNECTOR: process.execPath },
    ])
      for (const file of ['missing.mjs', 'doctor.mjs']) {
        const { stdout, stderr } = consumer.node(file, env);
        expect(stdout, stderr).toMatch(/addon/i);
        expect(stdout + stderr).not.toMatch(/npm run|target.release|\.\.|undefined/);
      }
  });

  it.each([
    ['NodeNext as an ES module', 'typed.mts', { module: 'NodeNext', moduleResolution: 'NodeNext' }],
    ['NodeNext as CommonJS', 'typed.cts', { module: 'NodeNext', moduleResolution: 'NodeNext' }],
    ['a bundler', 'typed.ts', { module: 'ESNext', moduleResolution: 'Bundler' }],
  ])('has types for %s', (_resolution, file, options) => {
    consumer.write(file, typedProgram);
    expect(consumer.typeCheck(options, [file])).toBe('');
  });
});
