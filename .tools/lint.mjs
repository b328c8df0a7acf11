// npm run lint: rules of the tree, circles of imports, words of the glossary, types, eslint, the addon's
// declarations against those that the build generates, clippy. Runs all of them and fails when one
// failed. Clippy is skipped where there is no Rust.
import process from 'node:process';
import { checkAddonTypes } from './check-addon-types.mjs';
import { checkBoundaries } from './check-boundaries.mjs';
import { checkCircles } from './check-circles.mjs';
import { checkWords } from './check-words.mjs';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { run, runBin, runMain } from './run.mjs';

async function clippy() {
  const reason = whyNoCargo();
  if (reason !== null) {
    console.error(`lint: clippy skipped: ${reason}`);
    return process.env.REQUIRE_NATIVE === '1' ? 1 : 0;
  }
  // The release profile shares build scripts and procedural macros with the build. The addon is
  // looked at alone: as a test program its exports have no caller.
  const env = await cargoEnv();
  const base = ['clippy', ...lockedArgs, '--release'];
  const deny = ['--', '-D', 'warnings'];
  const rest = ['--workspace', '--exclude', 'hbl-node', '--all-targets'];
  const code = await run('cargo', [...base, ...rest, ...deny], { env });
  if (code !== 0) return code;
  return run('cargo', [...base, '-p', 'hbl-node', '--features', 'live', ...deny], { env });
}

const steps = [
  ['boundaries', checkBoundaries],
  ['circles of imports', checkCircles],
  ['words', checkWords],
  ['types', () => runBin('tsc', ['--noEmit', '--project', '.tools/tsconfig.lint.json'])],
  ['types of the page', () => runBin('tsc', ['--noEmit', '--project', 'lib/server/page'])],
  ['types of the template', () => runBin('tsc', ['--project', '.tools/tsconfig.template.json'])],
  [
    'eslint',
    () =>
      runBin('eslint', [
        '--config',
        '.tools/eslint.config.js',
        '--max-warnings=0',
        '--no-error-on-unmatched-pattern',
        ...['lib', '__test__', 'examples', 'bench', '.tools'],
      ]),
  ],
  ['addon types', checkAddonTypes],
  ['clippy', clippy],
];

runMain(async () => {
  const failed = [];
  for (const [name, step] of steps) {
    console.error(`lint: ${name}`);
    if ((await step()) !== 0) failed.push(name);
  }
  if (failed.length > 0) console.error(`lint: failed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
});
