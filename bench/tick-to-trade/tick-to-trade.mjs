// A book frame written by a venue → the order frame read by it: a strategy over shared memory and in direct mode,
// against a bot of one Node process and against the least that a Rust program can do. The venue measures all alike.
import { OTHERS_MAX, compareRow, contest } from '../harness/contest.mjs';
import { us } from '../harness/statistics.mjs';
import { matrix } from './matrix.mjs';
import { direct, shared } from './ours.mjs';
import { floor, jsonBot } from './peers.mjs';
import { round } from './round.mjs';

/** The venue shares two cores with the bot: it is late when the bot keeps them busy, and that counts. */
const LATE_MAX_NS = 10_000_000;
/** Good rounds that a figure needs. */
const ROUNDS = 5;

const NODE = 'ws + JSON';
const FLOOR = 'floor, blocking';
const SIDES = {
  [FLOOR]: floor('blocking'),
  'floor, spin': floor('spin'),
  [NODE]: jsonBot,
  'shared memory, adaptive': shared('adaptive'),
  'shared memory, spin': shared('spin'),
  'direct, adaptive': direct('adaptive'),
  'direct, spin': direct('spin'),
};
const TLS_SIDES = [FLOOR, NODE, 'direct, adaptive'];
const PEERS = [NODE, FLOOR];

/** Most that a side's figure may be of a peer's; the default wait strategy is held to them, `spin` stands beside. */
const GOALS = [
  { side: 'direct, adaptive', peer: NODE, field: 'p50Ns', limit: 0.6 },
  { side: 'direct, adaptive', peer: FLOOR, field: 'p50Ns', limit: 1.5 },
  { side: 'direct, adaptive', peer: NODE, field: 'p99Ns', limit: 0.6 },
  { side: 'shared memory, adaptive', peer: NODE, field: 'p50Ns', limit: 1 },
  { side: 'shared memory, adaptive', peer: NODE, field: 'p99Ns', limit: 1 },
];

const WAITS_FOR_CORES =
  'several threads in turn on two cores: in a trace of shared memory the slowest 5 % of the frames waited seven times as long ' +
  'for a core as those near the median, behind a thread of the kernel, the agent of the machine and threads of V8: ' +
  'docs/design/waiting.md';

/** Of what the slowest frames were traced. */
const isTraced = (side, field) => side.startsWith('shared memory') && field === 'p99Ns';

async function pace({ rate, every, seconds, pairs, anyLoad, tls = false }) {
  const load = `${rate} frames/s, ${rate / every} orders/s${tls ? ', TLS' : ''}`;
  console.error(` ${load}`);
  const names = tls ? TLS_SIDES : Object.keys(SIDES);
  const outcome = await contest({
    pairs,
    anyLoad,
    lateMaxNs: LATE_MAX_NS,
    othersMax: OTHERS_MAX,
    sides: Object.fromEntries(
      names.map((name) => [name, () => round({ rate, seconds, every, tls }, SIDES[name])]),
    ),
    show: ({ p50Ns, p99Ns, missing }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)} missing ${missing}`,
  });
  const row = (ours, peer, field, limit) =>
    compareRow({
      outcome,
      what: `${field.slice(0, 3)} at ${load}, ${ours}`,
      ours,
      peer,
      field,
      show: (of) => us(of(field)),
      goal: limit === undefined ? 'shown' : `<= ${limit}x`,
      within: (ratio) => limit === undefined || ratio <= limit,
      // A round without all its orders says nothing about those that came.
      sound: (own, other) => [own, other].every((of) => of.missing === 0 && of.strangers === 0),
      ...(isTraced(ours, field) && { reason: () => WAITS_FOR_CORES }),
    });
  const goals = tls ? [] : GOALS;
  const rows = goals.map(({ side, peer, field, limit }) => row(side, peer, field, limit));
  // The floors beside each other and beside Node, and what has no goal.
  const shown = tls
    ? [['direct, adaptive', NODE]]
    : [
        ['direct, spin', NODE],
        ['shared memory, spin', NODE],
      ];
  for (const [side, peer] of shown)
    for (const field of ['p50Ns', 'p99Ns']) rows.push(row(side, peer, field));
  return { rows, notes: matrix({ title: load, sides: names, peers: PEERS, outcome, anyLoad }) };
}

/** `rounds`: how many good ones each load needs, 5 by default. */
export async function run({ quick, rounds = quick ? 1 : ROUNDS, anyLoad }) {
  const common = { seconds: quick ? 2 : 3, pairs: rounds, anyLoad };
  const parts = [
    await pace({ ...common, rate: 200, every: 1 }),
    await pace({ ...common, rate: 1_000, every: 5 }),
    await pace({ ...common, rate: 1_000, every: 5, tls: true }),
  ];
  return {
    rows: parts.flatMap(({ rows }) => rows),
    notes: parts.flatMap(({ notes }) => notes),
  };
}
