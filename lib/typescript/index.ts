/**
 * `node --import hftbacktest-live/typescript bot.ts`: runs TypeScript on every supported Node.js. Does nothing
 * where Node takes it itself (from 22.18 on).
 *
 * @packageDocumentation
 */
import { readFileSync } from 'node:fs';
import Module, { register } from 'node:module';

import { registerTsx } from './register-tsx.js';
import { stripTypes } from './strip-types.js';

/** CommonJS as Node has it inside; its types name neither. */
interface CommonJs {
  readonly _extensions: Record<string, (module: CompiledModule, file: string) => void>;
}
interface CompiledModule {
  _compile(source: string, file: string): void;
}

const isNative = Boolean(Reflect.get(process.features, 'typescript'));
const MARK = Symbol.for('hftbacktest-live/typescript');

if (!isNative && !Reflect.has(globalThis, MARK)) {
  Reflect.set(globalThis, MARK, true);
  register('./typescript-hooks.js', import.meta.url);
  await registerTsx();
  const { _extensions: extensions } = Module as unknown as CommonJs;
  for (const extension of ['.ts', '.cts']) {
    // Somebody else's, of tsx for instance.
    if (extension in extensions) continue;
    extensions[extension] = (module, file) => {
      module._compile(stripTypes(readFileSync(file, 'utf8'), file), file);
    };
  }
}
