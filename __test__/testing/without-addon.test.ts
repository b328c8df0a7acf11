// A machine without the addon: the kit says so, and what to do.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

it('rejects with a remedy where there is no addon', async () => {
  const program = `
    import { sim, testStrategy } from 'hftbacktest-live/testing';
    const strategy = { onBatch: () => undefined };
    await testStrategy(strategy, { venue: sim(), seconds: 1 }).catch(({ code, remedy }) => {
      console.log(JSON.stringify({ code, remedy }));
    });`;
  const env = { ...process.env, HFTBACKTEST_LIVE_ADDON: path.join(root, 'none.node') };
  const words = ['--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env });
  const { code, remedy } = JSON.parse(stdout) as { code: string; remedy: string };
  expect(code).toBe('ERR_NATIVE_UNAVAILABLE');
  expect(remedy).toMatch(/\S/);
});
