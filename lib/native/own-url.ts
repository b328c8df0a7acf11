import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Where a module stands, by its `import.meta.url`. A bundler that turns it into CommonJS leaves that
 * undefined: then it is where the program was started from.
 */
export function ownUrl(metaUrl: string | undefined): string {
  return metaUrl ?? pathToFileURL(process.argv[1] ?? join(process.cwd(), '-')).href;
}
