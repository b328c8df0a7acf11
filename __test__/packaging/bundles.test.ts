// Programs that somebody bundles: the addon, the workers and the connector stay behind.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Format } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
let folder: string;

const BODY = `
const instruments = [new live.LiveInstrument('BTCUSDT').connector('mine').tickSize(0.1).lotSize(0.001)];
const cases = {
  connector: { connector: { kind: 'sim', name: 'mine' } },
  requireOrders: { requireOrders: 'paper' },
  requireEnvironment: { requireEnvironment: 'testnet' },
  plain: {},
  native: { backend: 'native' },
};
const strategy = new URL('data:text/javascript,export default {}');
const said = {};
const attempt = async (name, call) => {
  try { said[name] = await call(); } catch (error) { said[name] = { code: error.code, message: error.message }; }
};
(async () => {
  for (const [name, options] of Object.entries(cases)) {
    await attempt('client ' + name, async () => {
      const client = new live.LiveClient({ instruments, ...options });
      try { await client.start(); return client.backend; } finally { await client.close(); }
    });
    await attempt('run ' + name, async () => {
      const run = live.runLive({ instruments, strategy, durationMs: 10, ...options });
      await run;
      return run.backend;
    });
    await attempt('bot ' + name, () => {
      const { connector, ...rest } = options;
      const bot = live.create({ instruments, ...rest });
      bot.close();
      return bot.backend;
    });
  }
  await attempt('stub', async () => {
    const client = new live.LiveClient({ instruments, backend: 'stub' });
    try { await client.start(); return client.backend; } finally { await client.close(); }
  });
  console.log(JSON.stringify(said));
})();
`;

/** Bundles a program in front of an installed package, and runs it elsewhere. */
async function bundled(
  name: string,
  source: string,
  format: Format,
): Promise<Record<string, unknown>> {
  const project = path.join(folder, 'project');
  const entry = path.join(project, name);
  writeFileSync(entry, source);
  const outfile = path.join(folder, 'elsewhere', `${name}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'error',
    // As esbuild's own documents say for dependencies that call require().
    banner:
      format === 'esm'
        ? {
            js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);",
          }
        : {},
  });
  const env = { ...process.env };
  for (const variable of ['HFTBACKTEST_LIVE_ADDON', 'HFTBACKTEST_LIVE_CONNECTOR'])
    Reflect.deleteProperty(env, variable);
  const run = spawnSync(process.execPath, [outfile], { encoding: 'utf8', env, timeout: 60_000 });
  expect(run.stderr).not.toContain('HFTBACKTEST_LIVE_STUB');
  expect(run.status, run.stderr).toBe(0);
  return JSON.parse(run.stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-bundle-'));
  mkdirSync(path.join(folder, 'elsewhere'));
  mkdirSync(path.join(folder, 'project', 'node_modules'), { recursive: true });
  symlinkSync(root, path.join(folder, 'project', 'node_modules', 'hftbacktest-live'));
  writeFileSync(path.join(folder, 'elsewhere', 'package.json'), '{"name":"somebodys-program"}');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a program whose addon is missing', () => {
  it('gets no stub in the place of a connector that it asked for', () => {
    const program = path.join(folder, 'project', 'unbundled.mjs');
    const index = pathToFileURL(path.join(root, 'dist', 'index.js')).href;
    writeFileSync(program, `import * as live from ${JSON.stringify(index)};${BODY}`);
    const env = { ...process.env, HFTBACKTEST_LIVE_ADDON: path.join(folder, 'none.node') };
    const run = spawnSync(process.execPath, [program], { encoding: 'utf8', env, timeout: 60_000 });
    expect(run.status, run.stderr).toBe(0);
    const said = JSON.parse(run.stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
    for (const what of ['client connector', 'run connector', 'client native', 'run native'])
      expect(said[what], what).toMatchObject({
        code: 'ERR_NATIVE_UNAVAILABLE',
        message: expect.stringContaining('Correct or unset the variable') as string,
      });
    expect((said['client connector'] as { message: string }).message).toContain(
      '`connector` is given',
    );
    // Nobody asked for anything else: the stub, with its warning.
    expect(said).toMatchObject({ 'client plain': 'stub', 'bot plain': 'stub', stub: 'stub' });
    expect(run.stderr).toContain('HFTBACKTEST_LIVE_STUB');
  });
});

describe('a bundled program', () => {
  it.each([
    ['module.mjs', `import * as live from 'hftbacktest-live';${BODY}`, 'esm'],
    ['module-to-cjs.mjs', `import * as live from 'hftbacktest-live';${BODY}`, 'cjs'],
    ['require.cjs', `const live = require('hftbacktest-live');${BODY}`, 'cjs'],
  ] as const)(
    'never trades on made-up data unasked (%s)',
    async (name, source, format) => {
      const { stub, ...others } = await bundled(name, source, format);
      expect(stub).toBe('stub');
      expect(Object.keys(others)).toHaveLength(15);
      for (const [what, outcome] of Object.entries(others)) {
        expect(outcome, what).toMatchObject({
          code: 'ERR_NATIVE_UNAVAILABLE',
          message: expect.stringMatching(/bundled: keep the package external/) as string,
        });
        expect((outcome as { message: string }).message, what).toContain(
          '--external:hftbacktest-live',
        );
      }
    },
    120_000,
  );
});
