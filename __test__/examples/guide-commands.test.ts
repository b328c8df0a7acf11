// The commands of the guide's "Watch, record, examine", as they stand there.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const main = path.join(root, 'dist', 'cli', 'main.js');
const section = readFileSync(path.join(root, 'docs', 'guide', 'command-line.md'), 'utf8')
  .split('## Watch, record, examine')[1]
  ?.split('```')[1];
const commands = new Map(
  [...(section ?? '').matchAll(/^npx hftbacktest-live ((\w+)[^#\n]*)/gm)].map(
    ([, words = '', command = '']) => [command, words.trim().split(' ')],
  ),
);

/** Words of a command; a connector that others can join gets a name of this run. */
function wordsOf(command: string, name: string): string[] {
  const words = commands.get(command) ?? [];
  return words.map((word, index) => (words[index - 1] === '--connector' ? name : word));
}

describeNative('the commands of the guide', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hbl-readme-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are these', () => {
    expect([...commands.keys()]).toEqual(['serve', 'feed', 'record', 'doctor']);
  });

  it('show a connector, and read its events beside that', async () => {
    const name = uniqueName();
    const serve = spawn(process.execPath, [main, ...wordsOf('serve', name), '--port', '0'], {
      cwd: folder,
    });
    const closed = once(serve, 'close');
    try {
      let said = '';
      serve.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      await until(() => said.includes('live page: '), 'the page');
      const url = /live page: (\S+)/.exec(said)?.[1] ?? '';
      await until(async () => (await fetch(`${url}ready`)).ok, 'a whole book');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [main, ...wordsOf('feed', name), '--seconds', '2'],
        { cwd: folder, maxBuffer: 2 ** 26 },
      );
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(events.length).toBeGreaterThan(100);
      for (const { source } of events) expect(source).toBe(name);
    } finally {
      serve.kill('SIGINT');
    }
    expect(await closed).toEqual([0, null]);
  });

  it('record files, for so long as they say', async () => {
    const words = wordsOf('record', '');
    expect(words.slice(-2)).toEqual(['--seconds', '10']);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [main, ...words.slice(0, -1), '2'],
      { cwd: folder },
    );
    const [file] = readdirSync(path.join(folder, 'recordings'));
    expect(stdout).toContain(`recordings/${String(file)}: `);
    expect(file).toMatch(/\.npz$/);
  });

  it('examine this machine', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      main,
      ...wordsOf('doctor', ''),
    ]);
    expect(stdout).toContain('Everything works');
  });
});
