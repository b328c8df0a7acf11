// Every JavaScript block of README.md runs as it stands: documentation that cannot drift.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

interface Block {
  readonly heading: string;
  readonly code: string;
}

function blocks(): Block[] {
  const found: Block[] = [];
  for (const match of readme.matchAll(/^```js\n(.*?)^```$/gms)) {
    const heading =
      readme
        .slice(0, match.index)
        .match(/^#+ (.*)$/gm)
        ?.at(-1) ?? '';
    found.push({ heading: heading.replace(/^#+ /, ''), code: match[1] ?? '' });
  }
  return found;
}

const [quickStart, prelude, ...pieces] = blocks();
const modules = pieces.filter(({ code }) => /^\/\/ \S+\.mjs\n/.test(code));
const programs = pieces.filter((piece) => !modules.includes(piece));

async function run(code: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', code],
    { cwd: root, timeout: 40_000 },
  );
  expect(stderr.replace(/^\d+ \w+$/gm, '').trim(), 'on standard error').toBe('');
  return stdout;
}

describeNative('README.md', () => {
  const name = uniqueName();
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-readme-'));
  const connector = new ConnectorProcess({ args: [name, 'sim'] });

  beforeAll(async () => {
    for (const { code } of modules) {
      const file = /^\/\/ (\S+\.mjs)/.exec(code)?.[1] ?? '';
      writeFileSync(path.join(folder, file), code);
    }
    await connector.start();
  });

  afterAll(async () => {
    await connector.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a quick start of 15 lines that trades', async () => {
    const code = quickStart?.code ?? '';
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);
    const out = await run(code);
    expect(out).toContain("type: 'trade'");
    expect(out).toMatch(/pending_new.*\bnew\b.*filled 0\.001 \d+.*native position 0\.001/s);
  });

  it.each(programs)('$heading: runs as it stands', async ({ code }) => {
    const before = prelude?.code.replaceAll("'sim'", `'${name}'`) ?? '';
    const piece = code
      .replaceAll("connector('sim')", `connector('${name}')`)
      .replaceAll("'mine'", `'${uniqueName()}'`);
    const chdir = `process.chdir(${JSON.stringify(folder)});`;
    const out = await run(`${chdir}\n${before}\n${piece}\nawait client.close();`);
    expect(out.trim()).not.toBe('');
    expect(out).not.toContain('undefined undefined');
  });
});
