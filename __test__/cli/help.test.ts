// What somebody reads who tries a command for the first time.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  // Lines are folded to the width of a terminal.
  return { status, stdout: stdout.replace(/\s+/g, ' '), stderr };
}

it('says what each command works on, and what to try first', () => {
  const { stdout } = run('--help');
  expect(stdout).toContain('market maker in TypeScript on a simulated exchange');
  expect(stdout).not.toContain('<words...>');
  expect(stdout).toContain('hftbacktest-live doctor');
  expect(stdout).toContain('hftbacktest-live demo');
});

it('shows how a recording is replayed, and where the options stand', () => {
  const { stdout } = run('replay', '--help');
  expect(stdout).toContain(
    'hftbacktest-live replay recordings/BTCUSDT_20261130-120000.npz --speed 10',
  );
  for (const option of ['--speed', '--loop', 'docs/guide/replay.md'])
    expect(stdout).toContain(option);
});

it('names the recording when replay is given none', () => {
  const { status, stderr } = run('replay');
  expect(status).toBe(1);
  expect(stderr).toContain("'recording'");
});

it('says which connector serve and record take when none is named', () => {
  for (const command of ['serve', 'record'])
    expect(run(command, '--help').stdout).toContain('(default without --connector: sim)');
});

it.each([
  [['demo', '--bogus'], "unknown option '--bogus'", 'hftbacktest-live demo --help'],
  [['record', '--seconds', 'x'], "'x' is invalid", 'hftbacktest-live record --help'],
  [['feed', '--start', 'sim'], "unknown option '--start'", 'hftbacktest-live feed --help'],
  [['bogus'], "unknown command 'bogus'", 'hftbacktest-live --help'],
  [['feed', '--source', 'nope'], 'there is no data source "nope"', 'Use one of them.'],
])(
  '%j says what is wrong and where to look, with --json in its last line too',
  (words, what, remedy) => {
    const { status, stdout, stderr } = run(...words, '--json');
    expect(status).toBe(1);
    expect(stderr).toContain(what);
    expect(stderr).toContain(remedy);
    const { error } = JSON.parse(stdout) as { error: Record<string, string> };
    expect(error['code']).toMatch(/^ERR_(INVALID_ARGUMENT|UNKNOWN_DATA_SOURCE)$/);
    expect(error['message']).toContain(what);
    expect(error['remedy']).not.toMatch(/^$|\w\(/);
  },
);

it('help and version are no failures', () => {
  for (const words of [['--help'], ['--version'], ['demo', '--help']])
    expect(run(...words, '--json')).toMatchObject({ status: 0, stderr: '' });
});
