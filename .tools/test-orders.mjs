// npm run test:orders [-- --schedules N] [--seed N[,N…]] [--first-seed N] [--at-once N] [--report FILE] [--direct]
//
// The schedules of orders alone: what is missing is built first. A seed repeats its schedule; the
// report holds every violation with its histories. With --direct every schedule runs in direct mode.
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { buildNative } from './build-native.mjs';
import { isDistFresh, isNativeFresh } from './freshness.mjs';
import { fakeBybitFile } from './paths.mjs';
import { ToolError, runBin, runMain } from './run.mjs';

const VARIABLES = {
  schedules: 'ORDERS_SCHEDULES',
  seed: 'ORDERS_SEED',
  'first-seed': 'ORDERS_FIRST_SEED',
  'at-once': 'ORDERS_AT_ONCE',
  report: 'ORDERS_REPORT',
};

function environment() {
  const options = Object.fromEntries(
    Object.keys(VARIABLES).map((key) => [key, { type: 'string' }]),
  );
  const {
    values: { direct, ...values },
  } = parseArgs({ options: { ...options, direct: { type: 'boolean' } } });
  const env = { ...process.env, HFTBACKTEST_LIVE_TEST_NATIVE: 'yes' };
  if (direct) env.ORDERS_DIRECT = 'yes';
  for (const [key, value] of Object.entries(values)) {
    const isRight =
      key === 'report' || (key === 'seed' ? /^\d+(,\d+)*$/ : /^[1-9]\d*$/).test(value);
    if (!isRight) throw new ToolError(`--${key}: ${value} is no whole number`);
    env[VARIABLES[key]] = key === 'report' ? path.resolve(value) : value;
  }
  return env;
}

runMain(async () => {
  const env = environment();
  if (!isDistFresh()) await build();
  if (!isNativeFresh() || !existsSync(fakeBybitFile))
    await buildNative({ live: true, profile: 'release' });
  return runBin('vitest', ['run', '--config', '.tools/vitest.config.ts', '__test__/orders'], {
    env,
  });
});
