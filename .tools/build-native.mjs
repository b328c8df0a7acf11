// npm run build:native -- --features live [--profile release|dist]
//
// Builds the addon and the connector in one cargo run, then puts them where they are looked for:
// target/node/hftbacktest-live.<platform>.node and target/release/connector; for tests and the demo
// also target/release/fake-bybit, not with `--profile dist`. Without `--features live` only the addon
// is built, and it says that it has no live part. With it, the addon's TypeScript declarations are
// written to lib/native/addon.d.ts, which is committed (see addon-types.mjs).
//
// `napi build` of @napi-rs/cli is not used for the compilation: it always passes `--target`, so
// that cargo keeps a second copy of every dependency which `cargo test` cannot share. Its type
// generator is used, and its packaging commands (see pack.mjs).
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { dropTypesWithoutLivePart, writeAddonTypes } from './addon-types.mjs';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { writeNativeStamp } from './freshness.mjs';
import { addonFile, connectorFile, fakeBybitFile, root } from './paths.mjs';
import { ToolError, isMain, run, runMain } from './run.mjs';

/** A running process may have the old file mapped: it keeps it, new ones see the new file. */
function place(from, to, mode) {
  if (from === to) return;
  mkdirSync(path.dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    copyFileSync(from, temporary);
    chmodSync(temporary, mode);
    renameSync(temporary, to);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Builds and places the native parts; throws a `ToolError` when that fails.
 * `live`: with the live part and the connector. `profile`: `release`, or `dist` (link-time
 * optimised: slower to build, for packages and measurements).
 */
export async function buildNative({ live, profile }) {
  const reason = whyNoCargo();
  if (reason !== null) throw new ToolError(reason);
  if (live) dropTypesWithoutLivePart();
  const args = ['build', ...lockedArgs, '--profile', profile, '-p', 'hbl-node'];
  if (live) args.push('-p', 'hbl-connector', '--features', 'hbl-node/live');
  const withFake = live && profile === 'release';
  if (withFake) args.push('-p', 'hbl-fake-bybit');
  args.push('--message-format', 'json-render-diagnostics');

  let text = '';
  const code = await run('cargo', args, {
    env: await cargoEnv(),
    onStdout: (chunk) => {
      text += chunk;
    },
  });
  if (code !== 0) throw new ToolError(`cargo ${args.join(' ')} ended with ${code}`);

  const artifacts = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((message) => message.reason === 'compiler-artifact');
  const addon = artifacts
    .find(({ target }) => target.name === 'hbl_node' && target.crate_types.includes('cdylib'))
    ?.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
  if (addon === undefined) throw new ToolError('cargo built no hbl_node library');
  place(addon, addonFile, 0o755);
  await writeAddonTypes();
  console.error(`addon:     ${path.relative(root, addonFile)}`);
  if (live) {
    const program = (name) => {
      const built = artifacts.find(({ executable, target }) => executable && target.name === name);
      if (built === undefined) throw new ToolError(`cargo built no ${name}`);
      return built.executable;
    };
    place(program('connector'), connectorFile, 0o755);
    console.error(`connector: ${path.relative(root, connectorFile)}`);
    if (withFake) {
      place(program('fake-bybit'), fakeBybitFile, 0o755);
      console.error(`fake venue: ${path.relative(root, fakeBybitFile)}`);
    }
  } else if (existsSync(connectorFile)) {
    console.error('connector: not built (needs --features live); the one that is there is left');
  }
  writeNativeStamp({ live, profile });
}

if (isMain(import.meta.url)) {
  runMain(async () => {
    let values;
    try {
      ({ values } = parseArgs({
        options: {
          features: { type: 'string', multiple: true, default: [] },
          profile: { type: 'string', default: 'release' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      }));
    } catch (error) {
      throw new ToolError(error.message);
    }
    const usage = 'npm run build:native -- [--features live] [--profile release|dist]';
    if (values.help) {
      console.log(usage);
      return;
    }
    const features = values.features.flatMap((list) => list.split(/[\s,]+/)).filter(Boolean);
    const unknown = features.filter((name) => name !== 'live');
    if (unknown.length > 0) throw new ToolError(`unknown feature ${unknown.join(', ')}; ${usage}`);
    if (!['release', 'dist'].includes(values.profile)) {
      throw new ToolError(`unknown profile ${values.profile}; ${usage}`);
    }
    await buildNative({ live: features.includes('live'), profile: values.profile });
  });
}
