import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

import { errorText } from '../models/error-text.js';
import type { NativeAddon } from './native-addon.js';
import { isClone, nativeRemedy } from './build-remedy.js';
import { isBundled, packageRoot } from './package-root.js';
import { platformName } from './platform-name.js';

/** Names the addon file directly; wins over every other place. */
export const ADDON_ENV = 'HFTBACKTEST_LIVE_ADDON';

/** The addon, or why there is none and what to do about it. */
export type AddonResult =
  | { readonly ok: true; readonly addon: NativeAddon; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

let cached: AddonResult | undefined;

/**
 * Loads the native addon, once per thread. Looked at, in this order: the file named in
 * `HFTBACKTEST_LIVE_ADDON`, the platform package `hftbacktest-live-<platform>`, `target/node` of
 * this package (a build from source). Never throws: a missing addon, one that does not fit this
 * Node.js, and one built without the `live` feature are results with their reason.
 */
export function tryLoadAddon(): AddonResult {
  cached ??= load();
  return cached;
}

function load(): AddonResult {
  const require = createRequire(join(packageRoot(), 'package.json'));
  const named = process.env[ADDON_ENV];
  if (named !== undefined && named !== '') {
    const path = resolve(named);
    if (!existsSync(path)) {
      return missing(
        `${ADDON_ENV} names ${path}, which does not exist`,
        'Correct or unset the variable.',
      );
    }
    return open(require, path);
  }
  const platform = platformName();
  const fromPackage = resolvePackage(require, `hftbacktest-live-${platform}`);
  if (fromPackage !== undefined) return open(require, fromPackage);
  const built = join(packageRoot(), 'target', 'node', `hftbacktest-live.${platform}.node`);
  if (existsSync(built)) return open(require, built);
  if (isBundled()) return missing('the native addon is not found from a bundle', nativeRemedy());
  if (!isClone())
    return missing(
      `the native addon hftbacktest-live-${platform} is not installed`,
      nativeRemedy(),
    );
  return missing(`the native addon is not built for ${platform}`, nativeRemedy());
}

function resolvePackage(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined; // Not installed: the ordinary case when built from source.
  }
}

function open(require: NodeJS.Require, path: string): AddonResult {
  try {
    const addon = require(path) as Partial<NativeAddon>;
    if (addon.buildInfo?.().live !== true) {
      return missing(`the native addon at ${path} was built without its live part`, nativeRemedy());
    }
    return { ok: true, addon: addon as NativeAddon, path };
  } catch (error) {
    const words = errorText(error);
    return missing(`the native addon at ${path} cannot be loaded: ${words}`, nativeRemedy());
  }
}

function missing(reason: string, remedy: string): AddonResult {
  return { ok: false, reason, remedy };
}
