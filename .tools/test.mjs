// npm test: builds, runs the Rust and the TypeScript tests, ends with `N passed, N failed, N skipped`.
//
// Without a Rust toolchain the Rust tests and the native suites are skipped, by name.
// REQUIRE_NATIVE=1: what cannot run is a failure. Arguments go to vitest (and leave cargo out):
// `npm test -- __test__/bot`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { build } from './build.mjs';
import { buildNative } from './build-native.mjs';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { CargoReport } from './cargo-report.mjs';
import { addonFile, root, targetDir } from './paths.mjs';
import { ToolError, run, runBin, runMain } from './run.mjs';
import { printReport } from './test-report.mjs';
import { readVitestReport } from './vitest-report.mjs';

const requireNative = process.env.REQUIRE_NATIVE === '1';
const vitestArgs = process.argv.slice(2);

/** An addon that was built but cannot be loaded must not pass for a machine without one. */
function whyAddonFails() {
  const code =
    'const m = { exports: {} }; process.dlopen(m, process.argv[1]); console.log(m.exports.buildInfo().live)';
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code, addonFile], {
    encoding: 'utf8',
  });
  return stdout.trim() === 'true' ? '' : `the addon was built but fails: ${stdout}${stderr}`.trim();
}

/** Why there is no native part, '' when it was built. */
async function prepareNative() {
  const reason = whyNoCargo();
  if (reason !== null) return reason;
  try {
    await buildNative({ live: true, profile: 'release' });
    return whyAddonFails();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(error.message);
    return `the native build failed: ${error.message.split('\n')[0]}`;
  }
}

/**
 * hbl-node is left out: an addon has no test program of its own (its symbols come from Node), the
 * contract suite tests it from TypeScript.
 */
async function runCargoTests() {
  const report = new CargoReport();
  const command =
    'exec cargo test "$@" --release --workspace --exclude hbl-node --no-fail-fast 2>&1';
  const code = await run('sh', ['-c', command, 'sh', ...lockedArgs], {
    env: { ...(await cargoEnv()), CARGO_TERM_COLOR: 'never' },
    onStdout: (chunk) => {
      process.stdout.write(chunk);
      report.add(chunk);
    },
  });
  return report.suites(code);
}

async function runVitest(nativeMissing) {
  const file = path.join(targetDir, 'test', 'vitest.json');
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(file, { force: true });
  const code = await runBin(
    'vitest',
    [
      'run',
      '--config',
      '.tools/vitest.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...vitestArgs,
    ],
    { env: { ...process.env, HFTBACKTEST_LIVE_TEST_NATIVE: nativeMissing || 'yes' } },
  );
  return readVitestReport(file, code, { root, nativeMissing, failSkipped: requireNative });
}

runMain(async () => {
  await build();
  const nativeMissing = await prepareNative();
  const suites = [];
  if (nativeMissing === '') {
    if (vitestArgs.length === 0) suites.push(...(await runCargoTests()));
  } else {
    const name = 'cargo test and the native build';
    suites.push({
      name,
      passed: 0,
      failed: requireNative ? 1 : 0,
      skipped: requireNative ? 0 : 1,
      notes: [`${requireNative ? 'required, but ' : ''}${nativeMissing}`],
    });
  }
  suites.push(...(await runVitest(nativeMissing)));
  return printReport(suites);
});
