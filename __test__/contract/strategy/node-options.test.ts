import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';

const library = path.resolve(import.meta.dirname, '..', '..', '..', 'dist', 'index.js');
const quoter = new URL('./fixtures/quoter.mjs', import.meta.url).href;
const program = `
  import { runLive, LiveInstrument } from ${JSON.stringify(library)};
  const summary = await runLive({
    strategy: new URL(${JSON.stringify(quoter)}),
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
    backend: 'stub',
    stub: { pace: 'asap' },
    onLog: () => undefined,
  });
  console.log(summary.reason, summary.trades > 0);`;

/** Options of V8 and of the whole process: a list of options for a thread must not hold them. */
const V8 = ['--max-old-space-size=300', '--expose-gc', '--title=bot'];

describe('runLive in a Node that was started with options', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-node-options-'));
  const file = path.join(folder, 'bot.mjs');
  writeFileSync(file, program);
  const hook = path.join(folder, 'hook.cjs');
  writeFileSync(hook, "require('node:fs').writeSync(2, 'hook ');");
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['of V8, and a file', [...V8, file]],
    ['of V8, and code to run', [...V8, '--input-type=module', '-e', program]],
    ['for code to run', ['--input-type=module', '--eval', program]],
  ])('%s', (_, options) => {
    const out = execFileSync(process.execPath, options, { encoding: 'utf8', timeout: 50_000 });
    expect(out.trim()).toBe('end_of_data true');
  });

  it('keeps what is preloaded, though an option of V8 has its name inside', () => {
    // The list without V8's options still has `-r`, which `--no-regexp-…` holds as letters.
    const options = ['--no-regexp-optimization', '-r', hook, '--input-type=module', '-e', program];
    const { stdout, stderr } = spawnSync(process.execPath, options, {
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect(stdout.trim()).toBe('end_of_data true');
    expect(stderr).toBe('hook hook ');
  });
});
