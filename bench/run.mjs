// npm run bench [-- NAME…] [--json] [--quick] [--rounds N] [--any-load]: measures ours against its peers in the
// same run.
// The method stands in bench/README.md.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from './harness/build.mjs';
import { environment } from './harness/environment.mjs';
import { printTable } from './harness/table.mjs';

const benchmarks = {
  'bybit-decode': () => import('./bybit-decode/bybit-decode.mjs'),
  depth: () => import('./depth/depth.mjs'),
  'wait-latency': () => import('./wait-latency/wait-latency.mjs'),
  capacity: () => import('./capacity/capacity.mjs'),
  'js-strategy': () => import('./js-strategy/js-strategy.mjs'),
  'js-client': () => import('./js-client/js-client.mjs'),
  'js-capacity': () => import('./js-capacity/js-capacity.mjs'),
  'order-rtt': () => import('./order-rtt/order-rtt.mjs'),
  'tick-to-trade': () => import('./tick-to-trade/tick-to-trade.mjs'),
  idle: () => import('./idle/idle.mjs'),
  scale: () => import('./scale/scale.mjs'),
  memory: () => import('./memory/memory.mjs'),
  boundary: () => import('./boundary/boundary.mjs'),
  feed: () => import('./feed/feed.mjs'),
  'live-page': () => import('./live-page/live-page.mjs'),
};
/** What has no peer of another make, or needs a browser: only when it is named. */
const byNameOnly = ['feed', 'live-page'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'any-load': { type: 'boolean', default: false },
  },
});
const usual = Object.keys(benchmarks).filter((name) => !byNameOnly.includes(name));
const names = positionals.length > 0 ? positionals : usual;
const unknown = names.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(', ')}; there is ${Object.keys(benchmarks).join(', ')}`,
  );
  process.exit(2);
}

const { rounds: roundsText, quick, 'any-load': anyLoad } = values;
if (roundsText !== undefined && !/^[1-9]\d*$/.test(roundsText)) {
  console.error(`--rounds ${roundsText} is no whole number above 0`);
  process.exit(2);
}
const rounds = roundsText === undefined ? undefined : Number(roundsText);

await build();
const document = { environment: environment(), results: [] };
for (const name of names) {
  console.error(`\n${name}`);
  const { run } = await benchmarks[name]();
  const startMs = performance.now();
  const result = await run({ quick, rounds, anyLoad });
  const tookS = Math.round((performance.now() - startMs) / 1_000);
  console.error(` took ${tookS} s`);
  document.results.push({ name, tookS, ...result });
}
if (values.json) console.log(JSON.stringify(document));
else {
  printTable(document);
  if (positionals.length === 0) console.log(`by name only: ${byNameOnly.join(', ')}`);
}
process.exitCode = document.results.every((result) => result.rows.every((row) => row.held)) ? 0 : 1;
