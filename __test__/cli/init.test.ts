import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { writeProject } from '../../lib/cli/init/write-project.js';

const template = path.resolve(import.meta.dirname, '../../lib/cli/init/template');
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'hbl-init-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const write = (folder: string): string[] => writeProject({ template, folder, version: '1.2.3' });
const manifestOf = (folder: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;

describe('init', () => {
  it('writes a strategy, its test, scripts, settings, and no secret', () => {
    const folder = path.join(home, 'new', 'bot');
    const files = write(folder);
    expect(files.sort()).toEqual([
      ...['.env.example', '.gitignore', 'README.md', 'package.json', 'src/main.ts'],
      ...['src/quoter.ts', 'test/quoter.test.ts', 'tsconfig.json'],
    ]);
    for (const file of files) expect(readFileSync(path.join(folder, file), 'utf8')).not.toBe('');
    expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toMatch(/^\.env$/m);
    expect(readFileSync(path.join(folder, '.env.example'), 'utf8')).toMatch(/^BYBIT_API_SECRET=$/m);
    expect(readFileSync(path.join(folder, '.env.example'), 'utf8')).toMatch(/_TESTNET=true$/m);
    const { compilerOptions } = JSON.parse(
      readFileSync(path.join(folder, 'tsconfig.json'), 'utf8'),
    ) as { compilerOptions: Record<string, unknown> };
    expect(compilerOptions['strict']).toBe(true);
  });

  it('names the project after its folder and asks for its own version', () => {
    const folder = path.join(home, 'My Bot é');
    write(folder);
    const manifest = manifestOf(folder);
    expect(manifest['name']).toBe('my-bot');
    expect(manifest['dependencies']).toEqual({ 'hftbacktest-live': '^1.2.3' });
    expect(Object.keys(manifest['scripts'] as object)).toEqual(
      expect.arrayContaining(['start', 'demo', 'paper', 'live', 'test', 'check']),
    );
    const other = path.join(home, 'quoter-2');
    write(other);
    expect(manifestOf(other)['name']).toBe('quoter-2');
    expect(readFileSync(path.join(other, 'README.md'), 'utf8')).toMatch(/^# quoter-2\n/);
  });

  it('takes a folder that is there and empty', () => {
    expect(write(home).length).toBeGreaterThan(5);
  });

  it('refuses a folder that is not empty, names what is there, and leaves it as it was', () => {
    writeFileSync(path.join(home, 'package.json'), 'mine');
    mkdirSync(path.join(home, '.git'));
    expect(() => write(home)).toThrow(/not empty: \.git, package\.json\. Nothing was written\./);
    expect(() => write(path.join(home, 'package.json'))).toThrow(/is no folder/);
    expect(readdirSync(home).sort()).toEqual(['.git', 'package.json']);
    expect(readFileSync(path.join(home, 'package.json'), 'utf8')).toBe('mine');
    for (let index = 0; index < 9; index += 1)
      writeFileSync(path.join(home, `z${String(index)}`), '');
    expect(() => write(home)).toThrow(/\.git, package\.json, z0, z1, z2, z3, z4, z5 and 3 more\./);
  });
});
