import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';

import { HftError } from '../models/hft-error.js';
import { isClone, nativeRemedy } from '../native/build-remedy.js';
import { packageRoot } from '../native/package-root.js';
import { platformName } from '../native/platform-name.js';

/** Names the binary directly; wins over every other place. */
export const CONNECTOR_ENV = 'HFTBACKTEST_LIVE_CONNECTOR';

const BINARY = process.platform === 'win32' ? 'connector.exe' : 'connector';

/**
 * Finds the connector binary: the environment variable `HFTBACKTEST_LIVE_CONNECTOR`, the platform
 * package `hftbacktest-live-<platform>`, `target/release` of a clone, then
 * `hftbacktest-connector` on the PATH (`connector` alone is too common a name to trust).
 *
 * @throws HftError `ERR_CONNECTOR_NOT_FOUND` with every place that was looked at.
 */
export function findConnector(env: NodeJS.ProcessEnv = process.env): string {
  const named = env[CONNECTOR_ENV];
  if (named !== undefined && named !== '') {
    const path = resolve(named);
    if (isExecutable(path)) return path;
    throw new HftError(
      'ERR_CONNECTOR_NOT_FOUND',
      `${CONNECTOR_ENV} names ${path}, which is not an executable file.`,
      { remedy: 'Correct or unset the variable.' },
    );
  }
  const places = [
    platformPackageBinary(),
    isClone() ? join(packageRoot(), 'target', 'release', BINARY) : undefined,
  ].filter((place) => place !== undefined);
  const found = [...places, ...onPath(env)].find(isExecutable);
  if (found !== undefined) return found;
  throw new HftError(
    'ERR_CONNECTOR_NOT_FOUND',
    `there is no connector: looked for ${[...places, 'hftbacktest-connector on the PATH'].join(', ')}.`,
    { remedy: `${nativeRemedy()} Or name one in ${CONNECTOR_ENV}.` },
  );
}

function platformPackageBinary(): string | undefined {
  try {
    const require = createRequire(join(packageRoot(), 'package.json'));
    const manifest = require.resolve(`hftbacktest-live-${platformName()}/package.json`);
    return join(dirname(manifest), BINARY);
  } catch {
    return undefined; // Not installed: the ordinary case when built from source.
  }
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  const name = process.platform === 'win32' ? 'hftbacktest-connector.exe' : 'hftbacktest-connector';
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name));
}

function isExecutable(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
