import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { BUNDLED_REMEDY, isBundled, packageRoot } from './package-root.js';

/** For users of the package, who have nothing to build. */
export const INSTALL_REMEDY =
  'Install it: npm brings it with the package on Linux x86-64, Linux arm64 (both with glibc) and macOS arm64, unless `--omit=optional` is given; elsewhere build it from a clone (BUILD_LIVE.md).';

/** What to do about a part that is missing: of a bundle, of a clone (`build`), of an installed package. */
export function buildRemedy(build: string): string {
  if (isBundled()) return BUNDLED_REMEDY;
  return isClone() ? build : INSTALL_REMEDY;
}

/** What to do where the addon or the connector is missing or does not fit. */
export function nativeRemedy(): string {
  return buildRemedy('Run `npm run build:native -- --features live` (see BUILD_LIVE.md).');
}

/** True in a clone of the repository, which has scripts to build with. */
export function isClone(): boolean {
  return existsSync(join(packageRoot(), 'Cargo.toml'));
}
