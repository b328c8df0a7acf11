// Where a connector is named, and there is no addon or no connector binary.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const main = path.join(root, 'dist', 'cli', 'main.js');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-made-up-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const nowhere = path.join(folder, 'nowhere');
  return spawnSync(process.execPath, [file, ...args], {
    encoding: 'utf8',
    timeout: 18_000,
    env: {
      PATH: process.env['PATH'],
      LOG_LEVEL: 'error',
      HFTBACKTEST_LIVE_ADDON: nowhere,
      HFTBACKTEST_LIVE_CONNECTOR: nowhere,
      ...env,
    },
  });
}

/** What a command wrote besides the error of `--json`, which must be its only line. */
function beside(stdout: string, isJson: boolean): string {
  if (!isJson) return stdout;
  const { error } = JSON.parse(stdout) as { error: Record<string, string> };
  expect(error['code']).toMatch(/^ERR_(NATIVE_UNAVAILABLE|CONNECTOR_NOT_FOUND)$/);
  expect(error['message']).toMatch(/nowhere/);
  return '';
}

const addon = /ADDON names .*nowhere, which does not exist/;
const binary = /CONNECTOR names .*nowhere, which is not an executable file/;

it.each([
  ['serve', ['--port', '0'], addon],
  ['record', [], addon],
  ['demo', ['--json'], addon],
  ['record', ['--source', 'hft_connector'], addon],
  ['record', ['--source', 'bybit_connector'], binary],
  ['feed', ['--source', 'hft_connector', '--json'], addon],
  ['feed', ['--source', 'bybit_connector', '--json'], binary],
] as const)('%s %j says what is missing, and makes nothing up', (command, args, missing) => {
  const out = path.join(folder, 'recordings');
  const more = command === 'record' ? ['--out', out] : [];
  const words = [command, ...args, ...more, '--connector', 'mine', '--seconds', '2'];
  const { status, stdout, stderr } = run(main, words);
  expect(stderr).toMatch(missing);
  expect(beside(stdout, words.includes('--json'))).toBe('');
  expect(status).toBe(1);
  expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
});

it.each([
  ['demo', ['--connector', 'bybit', '--json'], addon],
  ['demo', ['--connector', 'bybit', '--fake', '--json'], addon],
] as const)('%s %j makes nothing up either', (command, args, missing) => {
  const { status, stdout, stderr } = run(main, [command, ...args, '--seconds', '1']);
  expect([status, beside(stdout, true)]).toEqual([1, '']);
  expect(stderr).toMatch(missing);
});

it.each([
  ['serve', ['--start', 'sim', '--port', '0']],
  ['serve', ['--port', '0']],
  ['record', ['--start', 'bybit']],
  ['record', []],
])('%s %j makes nothing up where it is to start a connector', (command, args) => {
  const out = path.join(folder, 'started');
  const more = command === 'record' ? ['--out', out] : [];
  const { status, stderr } = run(main, [command, ...args, ...more, '--seconds', '2']);
  expect(stderr).toMatch(addon);
  expect(stderr).toContain('--backend stub asks for them');
  expect(status).toBe(1);
  expect(existsSync(out)).toBe(false);
});

it('says so of the connectors that the environment names', () => {
  for (const source of ['hft_connector', 'bybit_connector']) {
    const env = { DATA_SOURCE: source, CONNECTOR_NAME: 'mine' };
    const { status, stdout } = run(main, ['feed', '--json', '--seconds', '2'], env);
    expect([status, beside(stdout, true)], source).toEqual([1, '']);
  }
});

it('makes nothing up in examples/market-maker', () => {
  const words = ['--connector', 'mine', '--json', '--seconds', '2'];
  const { status, stdout, stderr } = run(
    path.join(root, 'examples', 'market-maker', 'index.mjs'),
    words,
  );
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('ERR_NATIVE_UNAVAILABLE');
});

it('takes the stub where that is asked for', () => {
  const stub = ['--connector', 'mine', '--backend', 'stub', '--json', '--seconds', '1'];
  const { status, stdout, stderr } = run(main, ['demo', ...stub]);
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ backend: 'stub' });
});
