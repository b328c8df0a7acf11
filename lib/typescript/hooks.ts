/**
 * Hooks of `module.register` for a Node.js that does not take TypeScript itself. They run in a thread of
 * Node's own.
 *
 * @packageDocumentation
 */
import { readFile } from 'node:fs/promises';
import type { LoadHook } from 'node:module';
import { fileURLToPath } from 'node:url';

import { moduleFormat } from './module-format.js';
import { stripTypes } from './strip-types.js';

/** TypeScript of the user's own; packages bring JavaScript. */
const OWN_FILE = /^file:(?!.*\/node_modules\/).*\.[cm]?ts(?:$|[?#])/;

/** Loads what nobody else can: another loader (tsx) and Node itself come first. */
export const load: LoadHook = async (url, context, nextLoad) => {
  try {
    return await nextLoad(url, context);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !OWN_FILE.test(url)) throw error;
  }
  const file = fileURLToPath(url);
  const source = await readFile(file, 'utf8');
  const format = moduleFormat(file, source);
  // CommonJS is read by `require` itself, which has been taught the extension.
  if (format === 'commonjs') return { format, shortCircuit: true };
  return { format, shortCircuit: true, source: stripTypes(source, file) };
};
