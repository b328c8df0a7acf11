import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const dist = new URL('../../dist/index.js', import.meta.url).href;

it('is there whole or not at all: a write that fails leaves the file of before', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-npz-'));
  try {
    const file = path.join(folder, 'data.npz');
    writeFileSync(file, 'the file of before');
    const program = `
      import { LiveInstrument, generateStubData, saveStubNpz } from ${JSON.stringify(dist)};
      const instrument = new LiveInstrument('BTCUSDT').connector('c').tickSize(0.1).lotSize(0.001);
      saveStubNpz(${JSON.stringify(file)}, generateStubData([instrument], { maxFeeds: 5_000 }));
    `;
    // A limit of the size of files stands in for a full disk, in blocks of 512 bytes.
    const shell = 'ulimit -f 20; exec "$@"';
    const run = spawnSync(
      'sh',
      ['-c', shell, 'sh', process.execPath, '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    );
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
    expect(readdirSync(folder)).toEqual(['data.npz']);
    expect(readFileSync(file, 'utf8')).toBe('the file of before');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
