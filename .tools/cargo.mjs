// cargo as these tools call it: found and new enough, with libclang in its environment.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { findLibclang } from './libclang.mjs';
import { root, targetDir } from './paths.mjs';
import { ToolError, outputOf } from './run.mjs';

/** napi-derive writes the addon's TypeScript declarations here while it compiles. */
export const typeDefDir = path.join(targetDir, 'node', 'type-def');

/** CI takes Cargo.lock as it is committed; elsewhere a changed Cargo.toml may update it. */
export const lockedArgs = process.env.CI ? ['--locked'] : [];

function minimumVersion() {
  const manifest = readFileSync(path.join(root, 'Cargo.toml'), 'utf8');
  const match = /^rust-version = "([\d.]+)"/m.exec(manifest);
  if (match === null) throw new ToolError('Cargo.toml states no rust-version');
  return match[1];
}

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  const index = b.findIndex((part, i) => (a[i] ?? 0) !== part);
  return index >= 0 && (a[index] ?? 0) < b[index];
}

/** Why Rust cannot be built here, `null` when it can. */
export function whyNoCargo() {
  const remedy = 'install Rust from https://rustup.rs';
  const cargo = outputOf('cargo', ['--version']);
  if (cargo === null) {
    return outputOf('rustup', ['--version']) === null
      ? `there is no cargo on the PATH; ${remedy}`
      : 'rustup has no toolchain for rust-toolchain.toml; run `rustup toolchain install`';
  }
  // `rustc` decides, and a distribution's may be older than its cargo.
  const rustc = outputOf('rustc', ['--version']);
  const version = /^rustc (\d+\.\d+\.\d+)/.exec(rustc ?? '')?.[1];
  if (version === undefined) return `there is no rustc beside cargo; ${remedy}`;
  const minimum = minimumVersion();
  return isOlder(version, minimum)
    ? `rustc ${version} is older than the ${minimum} that hftbacktest needs; ${remedy}`
    : null;
}

/**
 * The environment for cargo. All tools use this one: a build script that sees another
 * BINDGEN_EXTRA_CLANG_ARGS or type-definition folder would run, and all behind it rebuild.
 */
export async function cargoEnv() {
  const { env } = await findLibclang();
  mkdirSync(typeDefDir, { recursive: true });
  const forced = existsSync(path.join(typeDefDir, 'hbl-node'))
    ? {}
    : { NAPI_FORCE_BUILD_HBL_NODE: String(Date.now()) };
  return {
    ...process.env,
    ...env,
    ...forced,
    CARGO_TARGET_DIR: targetDir,
    NAPI_TYPE_DEF_TMP_FOLDER: typeDefDir,
  };
}
