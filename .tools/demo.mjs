// npm run demo [-- options]: builds what is missing, then runs the demo. Building shows its
// progress on stderr; stdout is the demo's alone (`--json` ends it with one JSON line).
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { build } from './build.mjs';
import { buildNative } from './build-native.mjs';
import { whyNoCargo } from './cargo.mjs';
import { isDistFresh, isNativeFresh } from './freshness.mjs';
import { fakeBybitFile, root } from './paths.mjs';
import { ToolError, run, runMain } from './run.mjs';

const args = process.argv.slice(2);

/** The backend named on the command line; the demo itself checks the rest. */
function wantedBackend() {
  const index = args.findIndex((arg) => arg === '--backend' || arg.startsWith('--backend='));
  if (index < 0) return 'auto';
  return args[index].includes('=') ? args[index].split('=')[1] : args[index + 1];
}

async function prepareNative() {
  const isThere = isNativeFresh() && (!args.includes('--fake') || existsSync(fakeBybitFile));
  if (wantedBackend() === 'stub' || isThere) return;
  const reason = whyNoCargo();
  if (reason !== null) {
    console.error(`demo: the native parts cannot be built: ${reason}`);
    return;
  }
  console.error(
    'demo: building the addon, the connector and the fake venue (the first time takes minutes)…',
  );
  try {
    await buildNative({ live: true, profile: 'release' });
  } catch (error) {
    if (!(error instanceof ToolError) || wantedBackend() === 'native') throw error;
    console.error(`demo: the native parts could not be built: ${error.message}`);
  }
}

runMain(async () => {
  const asksOnly = args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg));
  if (!isDistFresh()) await build();
  if (!asksOnly) await prepareNative();
  return run(process.execPath, [path.join(root, 'dist', 'cli', 'main.js'), 'demo', ...args]);
});
