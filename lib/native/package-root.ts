import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

/** The folder of this package, whether the code runs from `lib`, `dist` or `node_modules`. */
export function packageRoot(): string {
  known ??= search(dirname(fileURLToPath(import.meta.url)));
  return known;
}

function search(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
      if (name === 'hftbacktest-live') return folder;
    }
    if (dirname(folder) === folder) return start;
  }
}
