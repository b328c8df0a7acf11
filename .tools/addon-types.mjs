// The addon's TypeScript declarations, generated from crates/node: those that napi-rs writes while it
// compiles, and those of the functions of hot.rs, which napi-rs does not know.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { typeDefDir } from './cargo.mjs';
import { addonFile, root } from './paths.mjs';
import { ToolError } from './run.mjs';

/** The committed declarations, which lib/ is compiled with. */
export const committedTypes = path.join(root, 'lib', 'native', 'addon.d.ts');
/** The declarations of the addon that was built last, with or without its live part. */
export const builtTypes = path.join(path.dirname(addonFile), 'addon.d.ts');

const rawFunctions = path.join(root, 'crates', 'node', 'src', 'hot.rs');

const HEADER = `// Generated from crates/node by \`npm run build:native -- --features live\`; do not edit.

`;

/** Whether these declarations have the live part. */
export const hasLivePart = (types) => types.includes('LiveBot');

/** The functions in the block `raw_functions! { … }` of hot.rs, as TypeScript. */
export function rawFunctionTypes(rust) {
  const block = /^raw_functions! \{\n(.*?)^\}/ms.exec(rust)?.[1];
  if (block === undefined) throw new ToolError('hot.rs has no block raw_functions!');
  const entry = /((?:\s*\/\/\/[^\n]*\n)+)\s*(\w+)\(([^()]*)\): (\w+) => \w+;\s*/y;
  const functions = [];
  while (entry.lastIndex < block.length) {
    const at = entry.lastIndex;
    const match = entry.exec(block);
    if (match === null) {
      throw new ToolError(`hot.rs: not a raw function: ${block.slice(at).trim().split('\n\n')[0]}`);
    }
    const [, doc, name, parameters, returned] = match;
    const lines = doc.trim().split('\n');
    const text = lines.map((line) => ` * ${line.trim().slice('///'.length).trim()}`.trimEnd());
    const list = parameters.split(',').map((one) => one.trim());
    functions.push(
      `/**\n${text.join('\n')}\n */\n` +
        `export declare function ${name}(${list.filter(Boolean).join(', ')}): ${returned};\n`,
    );
  }
  return functions.join('\n');
}

/**
 * cargo compiles nothing when it still has an addon with the live part, and the declarations on disk
 * may be those of one without that was compiled since. Once they are gone, `cargoEnv` has the addon
 * compiled again.
 */
export function dropTypesWithoutLivePart() {
  const file = path.join(typeDefDir, 'hbl-node');
  if (existsSync(file) && !hasLivePart(readFileSync(file, 'utf8'))) rmSync(file);
}

/** The declarations of the addon that cargo compiled last. */
async function generateTypes() {
  const [{ generateTypeDef }, prettier] = await Promise.all([
    import('@napi-rs/cli'),
    import('prettier'),
  ]);
  const { dts } = await generateTypeDef({ typeDefDir, cwd: root, dtsHeader: HEADER });
  // Without the live part there are no raw functions either.
  const raw = hasLivePart(dts) ? `\n${rawFunctionTypes(readFileSync(rawFunctions, 'utf8'))}` : '';
  const config = await prettier.resolveConfig(committedTypes);
  return prettier.format(dts + raw, { ...config, filepath: committedTypes });
}

/**
 * Writes the declarations of the addon that was built, and those of an addon with the live part as the
 * ones to commit. CI takes the committed file as it is, so that `npm run lint` sees a stale one.
 */
export async function writeAddonTypes() {
  const types = await generateTypes();
  writeFileSync(builtTypes, types);
  if (!hasLivePart(types) || process.env.CI) return;
  // Written only when it differs: `dist` counts as stale when a file of lib/ is newer.
  if (existsSync(committedTypes) && readFileSync(committedTypes, 'utf8') === types) return;
  writeFileSync(committedTypes, types);
  console.error(`types:     ${path.relative(root, committedTypes)} (changed: commit it)`);
}
