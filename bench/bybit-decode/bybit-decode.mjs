// Bytes of a Bybit frame → the events that bots get, against two passes of serde_json in Rust
// and against JSON.parse in Node, on the same frames.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { peer } from '../harness/build.mjs';
import { compareRow, contest } from '../harness/contest.mjs';
import { resultOf } from '../harness/process.mjs';
import { us } from '../harness/statistics.mjs';
import { round as jsonParse } from './json-parse.mjs';

const kinds = { delta: '50-level delta', trades: '10 trades' };

const rust = (way, kind, seconds) =>
  resultOf(peer('bench-bybit-decode'), [way, kind, String(seconds)]);

/** The frames as bytes, without the snapshot that comes first. */
function framesOf(kind) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-bybit-decode-'));
  try {
    const file = path.join(folder, 'frames');
    const made = spawnSync(peer('bench-bybit-decode'), ['frames', kind, file]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
    return lines.map((line) => Buffer.from(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By peer: which part of its time ours may take. */
const GOALS = { 'two passes of serde_json': 3, 'JSON.parse in Node': 5 };

async function compare({ kind, pairs, seconds }) {
  console.error(` ${kinds[kind]}`);
  const frames = framesOf(kind);
  const outcome = await contest({
    pairs,
    sides: {
      ours: () => rust('ours', kind, seconds),
      'two passes of serde_json': () => rust('two-pass', kind, seconds),
      'JSON.parse in Node': () => Promise.resolve(jsonParse(frames, seconds)),
    },
    show: ({ p50Ns }) => us(p50Ns),
  });
  return Object.entries(GOALS).map(([peerName, part]) =>
    compareRow({
      outcome,
      what: kinds[kind],
      peer: peerName,
      field: 'p50Ns',
      show: (of) => `${us(of('p50Ns'))} (p99 ${us(of('p99Ns'))})`,
      goal: `<= 1/${part}`,
      within: (ratio) => ratio <= 1 / part,
      // Both must have made the same number of events, or they did not do the same work.
      sound: (mine, theirs) => mine.eventsPerFrame === theirs.eventsPerFrame,
    }),
  );
}

export async function run({ quick }) {
  const round = { seconds: quick ? 0.5 : 1, pairs: quick ? 3 : 5 };
  const rows = [];
  for (const kind of Object.keys(kinds)) rows.push(...(await compare({ kind, ...round })));
  return { rows };
}
