import { readFileSync } from 'node:fs';
import path from 'node:path';

/** `type` of the nearest package.json; `undefined` where it has none. */
function packageType(file: string): unknown {
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    try {
      const text = readFileSync(path.join(dir, 'package.json'), 'utf8');
      return (JSON.parse(text) as { type?: unknown }).type;
    } catch {
      // None here.
    }
    if (dir === path.dirname(dir)) return undefined;
  }
}

/** How Node.js takes a file of TypeScript: by its extension, package.json, or what is written in it. */
export function moduleFormat(file: string, source: string): 'module' | 'commonjs' {
  if (file.endsWith('.mts')) return 'module';
  if (file.endsWith('.cts')) return 'commonjs';
  const type = packageType(file);
  if (type === 'module' || type === 'commonjs') return type;
  return /^\s*(import|export)\b(?!\s*\()/m.test(source) ? 'module' : 'commonjs';
}
