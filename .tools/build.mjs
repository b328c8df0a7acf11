// npm run build: lib/ to dist/, as ES modules and CommonJS with types.
import { ToolError, isMain, runBin, runMain } from './run.mjs';

/** Everything the bundler says goes to stderr, so that a caller's stdout stays its own. */
export async function build() {
  const code = await runBin('tsup', ['--config', '.tools/tsup.config.ts', '--clean'], {
    stdout: 2,
  });
  if (code !== 0) throw new ToolError(`tsup ended with ${code}`);
}

if (isMain(import.meta.url)) runMain(build);
