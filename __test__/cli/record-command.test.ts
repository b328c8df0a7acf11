// `hftbacktest-live record` as a program, on made-up data.
import { execFile, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ROW_BYTES } from '../../lib/npz/event-rows.js';
import { arrayBytes, npyHeader, rowsOf } from '../../lib/npz/npy-header.js';
import { startBusyBinance } from '../support/busy-binance.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-record-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `record` behind a shell command, with no addon to be found. */
function record(shell: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(
    'sh',
    ['-c', `${shell}; exec "$@"`, 'sh', process.execPath, main, 'record', '--out', folder, ...args],
    {
      encoding: 'utf8',
      timeout: 20_000,
      env: {
        PATH: process.env['PATH'],
        LOG_LEVEL: 'silent',
        HFTBACKTEST_LIVE_ADDON: path.join(path.sep, 'nowhere'),
      },
    },
  );
}

it('records a data source of the feed', async () => {
  const venue = await startBusyBinance();
  const words = ['record', '--out', folder, '--source', 'binance_ws', '--seconds', '2'];
  const run = await promisify(execFile)(process.execPath, [main, ...words, '--format', 'both'], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...venue },
  });
  expect(run.stderr).toContain('complete: nothing was lost on the way here');
  expect(run.stderr).toContain('invalid events 0');
  const files = readdirSync(folder);
  expect(files.map((name) => path.extname(name)).sort()).toEqual(['.gz', '.npz']);
  expect(new Set(files.map((name) => path.parse(name).name)).size).toBe(1);
  expect(run.stdout).toMatch(/\.npz: [1-9]\d* trades, [1-9]\d* levels/);
});

it('recovers what it can beside a bad file, names that one, and ends with code 1', () => {
  const left = Buffer.concat([npyHeader(1), Buffer.alloc(ROW_BYTES, 1)]);
  writeFileSync(path.join(folder, 'A_20260101-000000.npy'), 'no array');
  writeFileSync(path.join(folder, 'B_20260101-000000.npy'), left);
  const run = record(':', '--recover', folder);
  expect(run.status).toBe(1);
  expect(run.stdout).toContain('B_20260101-000000.npz: 0 trades, 1 levels');
  expect(run.stderr).toMatch(/1 of 2 files.*A_20260101-000000\.npy is no recording/);
  expect(readdirSync(folder).sort()).toEqual(['A_20260101-000000.npy', 'B_20260101-000000.npz']);
});

describe('on a disk that is full', () => {
  // A limit of the size of files stands in for it, in blocks of 512 bytes: reached after some flushes.
  it('ends with code 1 and says why, and an event array holds what was flushed', () => {
    const run = record('ulimit -f 4000', '--backend', 'stub', '--seconds', '15');
    expect(run.status, run.stderr).toBe(1);
    expect(run.stderr.match(/the recording ended: EFBIG/g)).toHaveLength(1);
    const [name, ...others] = readdirSync(folder);
    expect([path.extname(name!), others]).toEqual(['.npy', []]);
    const npy = readFileSync(path.join(folder, name!));
    expect(rowsOf(npy)).toBeGreaterThan(1_000);
    expect(npy.length).toBeGreaterThanOrEqual(arrayBytes(rowsOf(npy) ?? NaN));
  });

  it('leaves a collector’s file that can be read to its end', () => {
    const run = record('ulimit -f 500', '--backend', 'stub', '--seconds', '15', '--format', 'gz');
    expect(run.status, run.stderr).toBe(1);
    const [name] = readdirSync(folder);
    const lines = gunzipSync(readFileSync(path.join(folder, name!)))
      .toString()
      .split('\n');
    expect(lines.at(-1)).toBe('');
    expect(lines.length).toBeGreaterThan(100);
  });
});
