import type * as Swc from '@swc/wasm-typescript';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** What the transformer throws: no `Error`. Lines are counted from 1, columns from 0. */
interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

function isComplaint(value: unknown): value is Complaint {
  return typeof value === 'object' && value !== null && 'startLine' in value && 'message' in value;
}

/**
 * Replaces the types of a program by blanks, so that every line and column stays what it is and errors need no
 * source map. It is the transformer that Node.js has inside from 22.18 on, in the same mode.
 *
 * @throws SyntaxError with the codes of Node's own: `ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX` for what has more
 * than types to erase (an enum), `ERR_INVALID_TYPESCRIPT_SYNTAX` for what is no TypeScript.
 */
export function stripTypes(source: string, file: string): string {
  // Loaded when it is needed: it is large.
  const swc = require('@swc/wasm-typescript') as typeof Swc;
  try {
    return swc.transformSync(source, { mode: 'strip-only', filename: file }).code;
  } catch (error) {
    if (!isComplaint(error)) throw error;
    const { code, message, startLine, startColumn } = error;
    const kind = code === 'UnsupportedSyntax' ? 'UNSUPPORTED' : 'INVALID';
    const place = `${file}:${String(startLine)}:${String(startColumn + 1)}`;
    const refused = new SyntaxError(`${message} (${place})`);
    throw Object.assign(refused, { code: `ERR_${kind}_TYPESCRIPT_SYNTAX` });
  }
}
