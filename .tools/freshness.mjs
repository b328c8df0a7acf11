// Whether what was built is newer than what it was built from.
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addonFile, connectorFile, root } from './paths.mjs';

const stampFile = path.join(path.dirname(addonFile), 'build.json');

function newestMtimeMs(relative) {
  const file = path.join(root, relative);
  if (!existsSync(file)) return 0;
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(file).reduce(
    (newest, name) => Math.max(newest, newestMtimeMs(path.join(relative, name))),
    stat.mtimeMs,
  );
}

function isNewer(file, sources) {
  return existsSync(file) && statSync(file).mtimeMs >= Math.max(...sources.map(newestMtimeMs));
}

/** Notes what was built; the file's time is the time of the build. */
export function writeNativeStamp(stamp) {
  writeFileSync(stampFile, `${JSON.stringify(stamp)}\n`);
}

/** Whether addon and connector are there, with the live part, and newer than the Rust sources. */
export function isNativeFresh() {
  if (![stampFile, addonFile, connectorFile].every((file) => existsSync(file))) return false;
  return (
    JSON.parse(readFileSync(stampFile, 'utf8')).live === true &&
    isNewer(stampFile, ['crates', 'Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml'])
  );
}

/** Whether `dist` is newer than the TypeScript sources and what they are built with. */
export function isDistFresh() {
  return ['dist/index.js', 'dist/index.cjs', 'dist/cli/main.js'].every((file) =>
    isNewer(path.join(root, file), [
      'lib',
      '.tools/tsup.config.ts',
      'tsconfig.json',
      'package.json',
    ]),
  );
}
