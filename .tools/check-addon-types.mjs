// Holds the committed lib/native/addon.d.ts against the declarations of the addon that was built, and
// compiles it: tsc skips .d.ts files elsewhere (skipLibCheck).
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { builtTypes, committedTypes, hasLivePart } from './addon-types.mjs';
import { root } from './paths.mjs';
import { runBin } from './run.mjs';

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** The first line in which two texts differ, counted from 1. */
export function firstDifference(a, b) {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return (at < 0 ? left.length : at) + 1;
}

/** 0 when they are the same or nothing was built (a failure with REQUIRE_NATIVE=1). */
export async function checkAddonTypes() {
  const file = path.relative(root, committedTypes);
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext'];
  const compiled = await runBin('tsc', [...options, '--types', 'node', file]);
  if (compiled !== 0) return compiled;
  const built = read(builtTypes);
  if (!hasLivePart(built)) {
    console.error('lint: addon types skipped: no addon with the live part was built');
    return process.env.REQUIRE_NATIVE === '1' ? 1 : 0;
  }
  const committed = read(committedTypes);
  if (committed === built) return 0;
  console.error(
    `${file}:${firstDifference(committed, built)}: not as the build generates it; ` +
      'run npm run build:native -- --features live, and commit the file',
  );
  return 1;
}
