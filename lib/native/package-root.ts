import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ownUrl } from './own-url.js';

/** What to do when the package was put into a bundle: the addon, workers and programs stay behind. */
export const BUNDLED_REMEDY =
  'This program is bundled: keep the package external (`esbuild --external:hftbacktest-live`, or ' +
  "`external: ['hftbacktest-live']` of other bundlers) and install it where the bundle runs.";

let known: { readonly root: string; readonly isBundled: boolean } | undefined;

/** The folder of this package, whether the code runs from `lib`, `dist` or `node_modules`. */
export function packageRoot(): string {
  return look().root;
}

/** True when this code was bundled into a program: no manifest of this package stands above it. */
export function isBundled(): boolean {
  return look().isBundled;
}

function look(): NonNullable<typeof known> {
  known ??= search(dirname(fileURLToPath(ownUrl(import.meta.url))));
  return known;
}

function search(start: string): NonNullable<typeof known> {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
      if (name === 'hftbacktest-live') return { root: folder, isBundled: false };
    }
    if (dirname(folder) === folder) return { root: start, isBundled: true };
  }
}
