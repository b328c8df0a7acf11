// Holds lib/native/addon.ts, which is written by hand, against what the addon exports: the types
// that napi-rs wrote while it compiled (target/node/addon.d.ts).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { addonFile, root, targetDir } from './paths.mjs';
import { runBin } from './run.mjs';

const generated = path.join(path.dirname(addonFile), 'addon.d.ts');

/** 0 when they agree or nothing was built (a failure with REQUIRE_NATIVE=1). */
export async function checkAddonTypes() {
  if (!existsSync(generated) || !readFileSync(generated, 'utf8').includes('LiveBot')) {
    console.error('lint: addon types skipped: no addon with the live part was built');
    return process.env.REQUIRE_NATIVE === '1' ? 1 : 0;
  }
  const dir = path.join(targetDir, 'node', 'type-check');
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    path.join(dir, 'check.ts'),
    [
      "import type { NativeAddon } from '../../../lib/native/addon.js';",
      "import type * as generated from '../addon.js';",
      '// The addon offers all that is declared, with these types.',
      'declare const actual: typeof generated;',
      'export const declared: NativeAddon = actual;',
      '// It offers nothing that is not declared.',
      'export const undeclared: Exclude<keyof typeof generated, keyof NativeAddon> extends never ? true : false = true;',
      '',
    ].join('\n'),
  );
  writeFileSync(
    path.join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(root, 'tsconfig.json'),
      // Optional values come as `T | undefined | null` from napi-rs.
      compilerOptions: {
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules/@types')],
        exactOptionalPropertyTypes: false,
      },
      include: ['check.ts'],
    }),
  );
  return runBin('tsc', ['--noEmit', '--project', path.join(dir, 'tsconfig.json')]);
}
