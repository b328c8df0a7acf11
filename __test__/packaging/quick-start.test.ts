// The programs of the quick start and of the guide on strategies, typed in an empty folder by somebody
// who has installed the packed tarballs and TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { blocksOf, programsOf, root } from '../support/markdown-programs.js';
import { describeNative } from '../support/native-suite.js';
import { Consumer, pack, PACK_TIMEOUT_MS } from './consumer.js';

const QUICK_START = 'docs/guide/quick-start.md';
const filesOf = (page: string): Map<string, string> =>
  new Map(programsOf(page).flatMap(({ file, code }) => (file === undefined ? [] : [[file, code]])));

describeNative('an empty folder with the packed tarballs', () => {
  const tarballs = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-pack-'));
  const files = new Map([...filesOf(QUICK_START), ...filesOf('docs/guide/strategies.md')]);
  let consumer: Consumer;

  beforeAll(() => {
    consumer = new Consumer();
    consumer.install(pack(tarballs, 'main'));
    consumer.install(pack(tarballs, 'platform'));
    for (const name of ['@types/node', 'undici-types']) consumer.link(name);
    for (const [file, code] of files) consumer.write(file, code);
    const settings = blocksOf(QUICK_START).find(({ language }) => language === 'json');
    consumer.write('tsconfig.json', settings?.code ?? '');
  }, PACK_TIMEOUT_MS);
  afterAll(() => {
    consumer.remove();
    rmSync(tarballs, { recursive: true, force: true });
  });

  it('holds the files that the guides name', () => {
    expect([...files.keys()]).toEqual(['quick-start.mjs', 'spread.mts', 'one-bid.mts', 'run.mts']);
  });

  it('compiles them with the settings of the quick start', () => {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = spawnSync(process.execPath, [tsc], { cwd: consumer.dir, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it.each([
    ['quick-start.mjs', /filled 0\.001 @ \d+(\.\d)?\nnative position 0\.001\n$/],
    ['run.mjs', /backend: 'native',\s+reason: 'duration'/],
  ])('runs %s', (file, prints) => {
    const { status, stdout, stderr } = consumer.node(file);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(prints);
  });

  it('runs the TypeScript program until Ctrl+C', async () => {
    const child = spawn(process.execPath, ['spread.mjs'], {
      cwd: consumer.dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      printed += String(chunk);
      // The program prints once it is ready, and its signal handler is there by then.
      if (printed.includes('\n')) child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(printed).toMatch(/^\d+\.\d \/ \d+\.\d$/m);
  }, 30_000);
});
