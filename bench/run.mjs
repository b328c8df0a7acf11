// npm run bench [-- NAME…] [--json]: measures ours against its peers in the same run.
// The method stands in bench/README.md.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from './harness/build.mjs';
import { environment } from './harness/environment.mjs';
import { printTable } from './harness/table.mjs';

const benchmarks = {
  feed: () => import('./feed/feed.mjs'),
  'bybit-decode': () => import('./bybit-decode/bybit-decode.mjs'),
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
  'live-page': () => import('./live-page/live-page.mjs'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const unknown = names.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(', ')}; there is ${Object.keys(benchmarks).join(', ')}`,
  );
  process.exit(2);
}

await build();
const document = { environment: environment(), results: [] };
for (const name of names) {
  console.error(`\n${name}`);
  const { run } = await benchmarks[name]();
  document.results.push({ name, ...(await run({ quick: values.quick })) });
}
if (values.json) console.log(JSON.stringify(document));
else printTable(document);
process.exitCode = document.results.every((result) => result.rows.every((row) => row.held)) ? 0 : 1;
