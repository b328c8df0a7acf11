// Commands and examples whose output loses its reader: `… | head -1`, and one that reads nothing at all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const main = path.join(root, 'dist', 'cli', 'main.js');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-no-reader-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program into a reader that leaves. */
function piped(words: readonly string[], reader: string): { code: number | null; stderr: string } {
  const command = `"$@" | ${reader}; exit \${PIPESTATUS[0]}`;
  const run = spawnSync('bash', ['--norc', '-c', command, 'bash', process.execPath, ...words], {
    cwd: root,
    encoding: 'utf8',
    timeout: 18_000,
    env: { PATH: process.env['PATH'], OUT: folder },
  });
  return { code: run.status, stderr: run.stderr };
}

const out = (): string[] => ['--out', folder];
const stub = ['--backend', 'stub'];
const typescript = ['--import', 'hftbacktest-live/typescript'];
/** Ends before its first event where nobody reads: a recording of nothing, which is no success. */
const NEEDS_A_LINE = 'record --json';
const PROGRAMS: readonly (readonly [string, () => readonly string[]])[] = [
  ['--help', () => [main, '--help']],
  ['doctor', () => [main, 'doctor']],
  ['record', () => [main, 'record', ...stub, '--seconds', '2', ...out()]],
  ['record --json', () => [main, 'record', ...stub, '--json', '--seconds', '9', ...out()]],
  ['demo', () => [main, 'demo', ...stub, '--seconds', '9']],
  ['demo --json', () => [main, 'demo', ...stub, '--seconds', '1', '--json']],
  ['serve --json', () => [main, 'serve', ...stub, '--port', '0', '--json', '--seconds', '2']],
  ['replay', () => [main, 'replay', '--help']],
  ['examples/async', () => ['examples/async/index.mjs', 'stub', 'BTCUSDT', '1']],
  ['examples/callbacks', () => ['examples/callbacks/index.mjs', 'stub', 'BTCUSDT', '1']],
  ['examples/sync', () => ['examples/sync/index.mjs', 'stub', 'BTCUSDT', '1']],
  ['examples/market-maker', () => ['examples/market-maker/index.mjs', '--stub', '--seconds', '4']],
  ['examples/live-connector', () => ['examples/live-connector/index.mjs', '--duration', '4']],
  ['examples/quoter, client', () => [...typescript, 'examples/quoter/client.ts', 'stub', '1']],
  ['examples/quoter, strategy', () => [...typescript, 'examples/quoter/run.ts', 'stub', '1']],
  [
    'examples/two-instruments',
    () => [...typescript, 'examples/two-instruments/listen.ts', 'stub', '1'],
  ],
];

const CASES = PROGRAMS.flatMap(([name, words]) =>
  ['head -n 1', 'true'].map((reader) => [name, reader, words] as const),
).filter(([name, reader]) => name !== NEEDS_A_LINE || reader !== 'true');

it.each(CASES)(
  '%s into `%s` ends with code 0 and without a word about the pipe',
  (_name, reader, words) => {
    const { code, stderr } = piped(words(), reader);
    expect(stderr).not.toMatch(/EPIPE|unhandled|node:events|ERR_/i);
    expect(code, stderr).toBe(0);
  },
);
