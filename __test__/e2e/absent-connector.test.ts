// Commands that are given the name of a connector that does not run: a typing error, mostly.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-absent-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a command writes on the standard error, and its exit code. */
async function run(command: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  return await new Promise((resolve) => {
    const words = [main, command, ...args];
    const child = execFile(process.execPath, words, { cwd: folder }, (_error, _stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stderr });
    });
  });
}

describeNative('a command for a connector that does not run', () => {
  it.each([
    ['serve', ['--port', '0']],
    ['record', []],
  ])('%s says that it waits for it', async (command, more) => {
    const name = uniqueName();
    const { stderr } = await run(command, '--connector', name, '--seconds', '3', ...more);
    expect(stderr).toContain(`connector ${name}: not there yet, waiting for it`);
    expect(stderr).toContain('hftbacktest-live doctor');
  });

  it('record says no such thing of one that runs', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const { code, stderr } = await run('record', '--connector', name, '--seconds', '3');
    expect(stderr).toContain(`connector ${name}: orders simulated`);
    expect(stderr).not.toContain('not there');
    expect(code).toBe(0);
  });

  it('feed ends with what to look at', async () => {
    const name = uniqueName();
    const { code, stderr } = await run('feed', '--connector', name, '--seconds', '1');
    expect(code).toBe(1);
    expect(stderr).toContain(
      `hft_connector: not connected within 1 s. Is connector ${name} running?`,
    );
    expect(stderr).toContain('hftbacktest-live doctor');
  });

  it('demo ends without an error of its own', async () => {
    const name = uniqueName();
    const { code, stderr } = await run('demo', '--connector', name, '--seconds', '1');
    expect(stderr).not.toContain('A handler threw');
    expect(code).toBe(0);
  });
});
