// npm run instructions: counts the instructions of the codecs, the frame readers and the records under
// callgrind and compares them with bench/instructions/limits.json. A count above its limit is a
// failure: clocks are noisy, instruction counts of a pinned compiler are not. `-- --renew` writes the
// counts down as the new ones. Skipped without valgrind; REQUIRE_VALGRIND=1 makes that a failure.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { platformArchAbi, root, targetDir } from './paths.mjs';
import { ToolError, mustRun, outputOf, runMain } from './run.mjs';

const limitsFile = path.join(root, 'bench', 'instructions', 'limits.json');
const kernels = path.join(targetDir, 'release', 'bench-kernels');
/**
 * What unrelated code of the same crate does to inlining (3.9 % was seen), and the C library of another
 * machine.
 */
const toleranceShare = 0.06;
const platform = 'linux-x64-gnu';

function whyNot() {
  if (outputOf('valgrind', ['--version']) === null) {
    return 'skipped without valgrind (apt-get install valgrind)';
  }
  if (platformArchAbi() !== platform) return `skipped: the counts are kept for ${platform}`;
  const reason = whyNoCargo();
  return reason === null ? null : `skipped: ${reason}`;
}

/** Instructions per operation of one kernel. */
function count(name, folder) {
  const file = path.join(folder, name);
  const output = outputOf('valgrind', [
    '--tool=callgrind',
    '--toggle-collect=bench_kernels::measured',
    `--callgrind-out-file=${file}`,
    kernels,
    name,
  ]);
  if (output === null) throw new ToolError(`bench-kernels ${name} failed under valgrind`);
  const { operations } = JSON.parse(output);
  const total = Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]);
  if (!(total > 0)) throw new ToolError(`callgrind counted nothing of ${name}`);
  return Math.round(total / operations);
}

/** What is wrong with a count; `null` when nothing is. */
function judge(name, counted, limit) {
  if (limit === undefined) return 'has no limit';
  if (counted === undefined) return 'has a limit, but there is no such kernel';
  const change = counted / limit - 1;
  const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %`;
  console.log(`${name.padEnd(14)} ${String(counted).padStart(7)} (limit ${limit}, ${percent})`);
  return change > toleranceShare ? `${counted} instructions, ${percent}` : null;
}

runMain(async () => {
  const { values } = parseArgs({ options: { renew: { type: 'boolean', default: false } } });
  const reason = whyNot();
  if (reason !== null) {
    console.error(`instructions: ${reason}`);
    return process.env.REQUIRE_VALGRIND === '1' ? 1 : 0;
  }
  // An incremental build inlines less, and so it has other counts.
  const env = { ...(await cargoEnv()), CARGO_INCREMENTAL: '0' };
  const build = ['build', ...lockedArgs, '--release', '-p', 'hbl-bench-peers'];
  await mustRun('cargo', [...build, '--bin', 'bench-kernels'], { env });
  const folder = path.join(targetDir, 'callgrind');
  mkdirSync(folder, { recursive: true });
  const names = JSON.parse(outputOf(kernels, ['list']) ?? '[]');
  const counts = Object.fromEntries(names.map((name) => [name, count(name, folder)]));
  if (values.renew) {
    writeFileSync(limitsFile, `${JSON.stringify(counts, null, 2)}\n`);
    console.log(`wrote ${path.relative(root, limitsFile)}`);
    return 0;
  }
  const limits = JSON.parse(readFileSync(limitsFile, 'utf8'));
  const failed = [...new Set([...names, ...Object.keys(limits)])]
    .map((name) => [name, judge(name, counts[name], limits[name])])
    .filter(([, problem]) => problem !== null);
  for (const [name, problem] of failed) console.error(`instructions: ${name}: ${problem}`);
  if (failed.length > 0) {
    console.error(
      'instructions: when that is what it has to cost, `npm run instructions -- --renew` writes new limits',
    );
  }
  return failed.length > 0 ? 1 : 0;
});
