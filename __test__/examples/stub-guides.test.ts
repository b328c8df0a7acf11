// A reader without the addon: the programs of README and of the quick start end well on the stub, which they
// ask for, and without that they say what to do.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { asJavaScript, programsOf, root } from '../support/markdown-programs.js';

const folder = mkdtempSync(path.join(tmpdir(), 'hbl-stub-guides-'));
const programs = ['README.md', 'docs/guide/quick-start.md'].flatMap((page) =>
  programsOf(page)
    .filter(({ runs }) => runs)
    .map((program, index) => ({ page, index, heading: program.heading, program })),
);
const CONNECTOR = "connector: { kind: 'sim' },";

beforeAll(() => {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs code where there is no addon. A program that waits for Ctrl+C gets it after two seconds. */
function run(code: string): { status: number | null; stdout: string; stderr: string } {
  const file = path.join(folder, 'program.mjs');
  const interrupted = code.includes("'SIGINT'")
    ? `${code}\nsetTimeout(() => process.emit('SIGINT', 'SIGINT'), 2_000);`
    : code;
  writeFileSync(file, interrupted);
  const env = { ...process.env, HFTBACKTEST_LIVE_ADDON: path.join(folder, 'none.node') };
  return spawnSync(process.execPath, [file], { encoding: 'utf8', env, timeout: 40_000 });
}

describe.each(programs)('$page, $heading ($index)', ({ program }) => {
  const code = asJavaScript(program);

  it('ends well on the stub, and prints no gaps', () => {
    expect(code).toContain(CONNECTOR);
    const { status, stdout, stderr } = run(
      code.replace(CONNECTOR, `${CONNECTOR} backend: 'stub',`),
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/undefined undefined|NaN|\[object/);
  });

  it('says what is missing and what to do when it asks for no stub', () => {
    const { status, stderr } = run(code);
    expect(status).toBe(1);
    expect(stderr).toMatch(/HftError: .*the stub.* is not taken instead\. .*backend: 'stub'/);
    expect(stderr).not.toMatch(/remedy: ''/);
  });
});
