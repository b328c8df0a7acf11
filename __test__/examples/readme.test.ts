// README.md: its program runs as it stands, and it names the two commands that a newcomer types.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { asJavaScript, blocksOf, programsOf, root } from '../support/markdown-programs.js';
import { describeNative } from '../support/native-suite.js';

const blocks = blocksOf('README.md');
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('README.md', () => {
  it('begins with the install line', () => {
    expect(blocks[0]?.code).toBe('npm install hftbacktest-live\n');
  });

  it('names the commands of a clone, which there are', () => {
    const commands = blocks.map(({ code }) => code).join('');
    expect(commands).toMatch(/^npm ci && npm run demo\b/m);
    expect(commands).toMatch(/^npm ci && npm test\b/m);
    for (const [, name = ''] of commands.matchAll(/npm run ([\w:]+)/g))
      expect(scripts, name).toHaveProperty(name);
  });

  it('has one program, of 15 lines at most', () => {
    const [program, ...others] = programsOf('README.md');
    expect(others).toEqual([]);
    const lines = program?.code.split('\n').filter((line) => line.trim() !== '') ?? [];
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(15);
  });
});

describeNative('the program of README.md', () => {
  it('trades', async () => {
    const [program] = programsOf('README.md');
    if (program === undefined) throw new Error('README.md has no program');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', asJavaScript(program)],
      { cwd: root, timeout: 40_000 },
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^pending_new\n.*filled 0\.001 @ \d+.*\nnative position 0\.001\n$/s);
  });
});
