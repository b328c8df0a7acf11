// What a call across the boundary costs: the addon's own functions, against the least that the same
// calls can cost, a C++ addon that checks the same arguments and does nothing.
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { HashMapMarketDepthLiveBot, LiveInstrument, RecordReader } from 'hftbacktest-live';
import { addonFile } from '../../.tools/paths.mjs';
import { buildAddon } from '../harness/build-addon.mjs';
import { median, spread } from '../harness/statistics.mjs';

const require = createRequire(import.meta.url);
const RECORDS = 1024;
const RECORD_BYTES = 128;

/** Nanoseconds per call. */
function timed(calls, work) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) work(i);
  return Number(process.hrtime.bigint() - start) / calls;
}

/** Rounds in the order A B B A; the ratio is the median of the rounds' ratios. */
function compare({ what, calls, rounds, ours, floor, goal, limitNs }) {
  timed(calls / 10, ours);
  timed(calls / 10, floor);
  const pairs = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [ours, floor] : [floor, ours];
    const times = order.map((work) => timed(calls, work));
    pairs.push(round % 2 === 0 ? times : times.reverse());
  }
  const ratios = pairs.map(([a, b]) => a / b);
  const ratio = median(ratios);
  const [low, high] = spread(ratios);
  const oursNs = median(pairs.map(([a]) => a));
  const held =
    (goal === undefined || ratio <= goal) && (limitNs === undefined || oursNs <= limitNs);
  const goals = [
    ...(goal === undefined ? [] : [`<= ${goal}x`]),
    ...(limitNs === undefined ? [] : [`<= ${limitNs} ns`]),
  ];
  return {
    what,
    ours: `${oursNs.toFixed(1)} ns`,
    peer: `${median(pairs.map(([, b]) => b)).toFixed(1)} ns`,
    ratio: `${ratio.toFixed(2)}x (${low.toFixed(2)} to ${high.toFixed(2)})`,
    goal: goals.join(', ') || 'shown',
    held,
    rounds: pairs,
  };
}

export async function run({ quick }) {
  const floor = new (buildAddon(path.join(import.meta.dirname, 'floor.cc')).Floor)();
  const addon = require(addonFile);
  const instrument = new LiveInstrument('BENCH')
    .connector(`bench-nobody-${process.pid}`)
    .tickSize(0.1)
    .lotSize(0.001);
  const bot = new HashMapMarketDepthLiveBot({ instruments: [instrument] });
  // A port that no bot serves: its command queue fills, and a call is the boundary and no more.
  const port = new addon.NativePort(null, null);
  while (addon.portCancel(port.id, 0, 1n) !== 0);
  const portId = port.id;
  const common = { calls: quick ? 200_000 : 1_000_000, rounds: quick ? 5 : 11 };
  const records = new Uint8Array(RECORDS * RECORD_BYTES);
  const kinds = new Uint8Array(records.buffer);
  const floats = new Float64Array(records.buffer);
  const reader = new RecordReader(records);
  floor.drain(records, RECORDS);
  for (let i = 0; i < RECORDS; i++) kinds[i * RECORD_BYTES] = 3;
  let sum = 0;
  try {
    return {
      rows: [
        compare({
          ...common,
          what: 'empty call (addon.monotonicNs)',
          ours: () => addon.monotonicNs(),
          floor: () => floor.noop(),
        }),
        compare({
          ...common,
          what: 'submitOrder arguments (7)',
          ours: () => addon.portSubmitOrder(portId, 0, 5n, 1, 100.5, 0.1, 0, 0, 0),
          floor: () => floor.submitOrder(0, 5n, 1, 100.5, 0.1, 0, 0),
          goal: 1.15,
        }),
        compare({
          ...common,
          what: 'cancel arguments (2)',
          ours: () => addon.portCancel(portId, 0, 5n),
          floor: () => floor.cancel(0, 5n),
          goal: 1.15,
        }),
        compare({
          ...common,
          what: 'bot.position(asset), shared memory',
          ours: () => bot.position(0),
          floor: () => floor.position(0),
          limitNs: 60,
        }),
        compare({
          ...common,
          what: 'bot.depth(asset).bestBid, shared memory',
          ours: () => bot.depth(0).bestBid,
          floor: () => floor.bestBid(0),
          limitNs: 60,
        }),
        compare({
          ...common,
          calls: common.calls / RECORDS,
          what: `${RECORDS} events drained, sum of px * qty`,
          ours: () => {
            reader.reset(0, RECORDS);
            while (reader.next()) sum += reader.view.price * reader.view.qty;
          },
          floor: () => {
            const count = floor.drain(records, RECORDS);
            for (let i = 0; i < count; i++) {
              kinds[i * RECORD_BYTES] = 3;
              sum += floats[i * 16 + 4] * floats[i * 16 + 5];
            }
          },
          goal: 1.15,
        }),
      ],
      notes: [`boundary: the floor is C++ on node-addon-api (${sum === 0 ? 'sums agree' : sum})`],
    };
  } finally {
    port.close();
    bot.close();
  }
}
