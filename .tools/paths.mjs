// Where things are, for every tool of this folder.
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const targetDir = path.join(root, 'target');

/** The name that napi-rs gives this platform: `linux-x64-gnu`, `darwin-arm64`, … */
export function platformArchAbi() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') {
    const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
    return `${base}-${isGlibc ? 'gnu' : 'musl'}`;
  }
  return process.platform === 'win32' ? `${base}-msvc` : base;
}

/** Where `build-native.mjs` puts the addon and `lib/native` looks for it in a checkout. */
export const addonFile = path.join(targetDir, 'node', `hftbacktest-live.${platformArchAbi()}.node`);
export const connectorFile = path.join(targetDir, 'release', 'connector');
/** The fake Bybit that tests and `npm run demo -- --connector bybit --fake` use. */
export const fakeBybitFile = path.join(targetDir, 'release', 'fake-bybit');
