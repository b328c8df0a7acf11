// A C++ addon on node-addon-api, built with what npm installed: no download, no cmake.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { root, targetDir } from '../../.tools/paths.mjs';

const require = createRequire(import.meta.url);

/** Builds one C++ file and loads it. */
export function buildAddon(source) {
  const out = path.join(targetDir, 'bench', `${path.basename(source, '.cc')}.node`);
  mkdirSync(path.dirname(out), { recursive: true });
  const include = ['node-addon-api', 'node-api-headers/include'].flatMap((name) => [
    '-I',
    path.join(root, 'node_modules', name),
  ]);
  const defines = ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS'].map((d) => `-D${d}`);
  const mac = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const args = ['-O3', '-std=c++17', '-shared', '-fPIC', '-pthread', ...mac, ...defines];
  const built = spawnSync('g++', [...args, ...include, source, '-o', out], {
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) throw new Error(`${source} was not built: is there a g++?`);
  return require(out);
}
