// runLive under `node --watch`, which starts a program again when a file of it changes.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

import { until } from '../../support/until.js';

const dist = path.resolve(import.meta.dirname, '..', '..', '..', 'dist', 'index.js');
/** Another Node.js than the one here, by its path. */
const node = process.env['HBL_TEST_NODE'] ?? process.execPath;
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

const strategyOf = (word: string): string =>
  `export default { onStart(ctx) { ctx.log('${word} began'); } };`;

const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout;

describe(`node --watch, ${version.trim()}`, () => {
  it('ends the run with its summary, and begins it anew when the program changes', async () => {
    await watched((program, text) => {
      writeFileSync(program, `${text}\n`);
    }, 'first');
  });

  it('begins it anew when the strategy changes that the program imports too', async () => {
    // Before Node.js 24 only files of the main thread are watched, and a strategy is another thread's.
    await watched(
      (program) => {
        writeFileSync(path.join(path.dirname(program), 'strategy.mjs'), strategyOf('second'));
      },
      'second',
      "import './strategy.mjs';",
    );
  });
});

/** Runs a program, changes something, and waits for the next run, whose strategy says `word`. */
async function watched(
  change: (program: string, text: string) => void,
  word: string,
  head = '',
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-watch-'));
  const strategy = path.join(folder, 'strategy.mjs');
  const program = path.join(folder, 'bot.mjs');
  writeFileSync(strategy, strategyOf('first'));
  const text = `${head}
    import { runLive, LiveInstrument } from ${JSON.stringify(pathToFileURL(dist).href)};
    const run = runLive({
      strategy: new URL('./strategy.mjs', import.meta.url),
      instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
      backend: 'stub',
      stub: { maxFeeds: 50, pace: 'asap' },
      onLog: (text) => console.log('log ' + text),
    });
    const { reason, trades } = await run.catch((error) => ({ reason: error.message }));
    console.log('summary', reason, trades > 0);`;
  writeFileSync(program, text);
  const child = spawn(node, ['--watch', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  const closed = once(child, 'close');
  ending.push(async () => {
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true });
  });
  const summaries = (): string[] => out.match(/^summary .*$/gm) ?? [];
  await until(() => summaries().length === 1, 'the first summary', 30_000);
  expect(out).toContain('log first began');
  const before = out.length;
  change(program, text);
  await until(
    () => summaries().length === 2,
    () => `the second summary: ${out}`,
    30_000,
  );
  expect(out.slice(before)).toContain(`log ${word} began`);
  expect(summaries()).toEqual(Array(2).fill('summary end_of_data true'));
}
