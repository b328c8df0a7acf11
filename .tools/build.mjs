// npm run build: lib/ to dist/, as ES modules and CommonJS with types, and the live page.
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { buildPage } from './build-page.mjs';
import { root } from './paths.mjs';
import { ToolError, isMain, runBin, runMain } from './run.mjs';

/**
 * Builds beside `dist` and swaps, so that a process which starts meanwhile finds a whole one.
 * Everything the bundler says goes to stderr: a caller's stdout stays its own.
 */
export async function build() {
  const dist = path.join(root, 'dist');
  const fresh = path.join(root, `.dist-new-${process.pid}`);
  const stale = path.join(root, `.dist-old-${process.pid}`);
  try {
    const code = await runBin('tsup', ['--config', '.tools/tsup.config.ts', '--silent'], {
      env: { ...process.env, BUILD_OUT_DIR: path.basename(fresh) },
      stdout: 2,
    });
    if (code !== 0) throw new ToolError(`tsup ended with ${code}`);
    await buildPage(fresh);
    cpSync(path.join(root, 'lib', 'cli', 'init', 'template'), path.join(fresh, 'template'), {
      recursive: true,
    });
    if (existsSync(dist)) renameSync(dist, stale);
    renameSync(fresh, dist);
    console.error('typescript: dist');
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(stale, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) runMain(build);
