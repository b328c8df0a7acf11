// Bytes of a Bybit frame → the events that bots are told, against two passes of serde_json in Rust
// and against JSON.parse in Node, on the same frames.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { peer } from '../harness/build.mjs';
import { start } from '../harness/process.mjs';
import { interleave, median, spread, us } from '../harness/rounds.mjs';
import { round as jsonParse } from './json-parse.mjs';

const kinds = { delta: '50-level delta', trades: '10 trades' };

async function rust(way, kind, seconds) {
  const child = start(peer('bench-bybit-decode'), [way, kind, String(seconds)]);
  try {
    const result = await child.next();
    await child.ended();
    return result;
  } finally {
    child.kill();
  }
}

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

async function compare({ kind, pairs, seconds, name, theirs, goal }) {
  console.error(` ${kinds[kind]}, against ${name}`);
  const ours = () => rust('ours', kind, seconds);
  const { good, voided } = await interleave({ pairs, lateMaxNs: 1, ours, theirs });
  const events = good.flatMap((round) => [round.ours, round.theirs]).map((r) => r.eventsPerFrame);
  const ratios = good.map((round) => round.theirs.p50Ns / round.ours.p50Ns);
  const [low, high] = spread(ratios);
  const of = (side, field) => median(good.map((round) => round[side][field]));
  return {
    what: `${kinds[kind]}, ${name}`,
    ours: `${us(of('ours', 'p50Ns'))} (p99 ${us(of('ours', 'p99Ns'))})`,
    peer: `${us(of('theirs', 'p50Ns'))} (p99 ${us(of('theirs', 'p99Ns'))})`,
    ratio: `${median(ratios).toFixed(1)}x (${low.toFixed(1)} to ${high.toFixed(1)})`,
    goal: `>= ${goal}x`,
    // Both must have told the same number of events, or they did not do the same work.
    held: median(ratios) >= goal && new Set(events).size === 1,
    rounds: good,
    voided,
  };
}

export async function run({ quick }) {
  const seconds = quick ? 0.5 : 1.5;
  const pairs = quick ? 3 : 9;
  const rows = [];
  for (const kind of Object.keys(kinds)) {
    const frames = framesOf(kind);
    rows.push(
      await compare({
        kind,
        pairs,
        seconds,
        name: 'two passes of serde_json',
        theirs: () => rust('two-pass', kind, seconds),
        goal: 3,
      }),
      await compare({
        kind,
        pairs,
        seconds,
        name: 'JSON.parse in Node',
        theirs: () => Promise.resolve(jsonParse(frames, seconds)),
        goal: 5,
      }),
    );
  }
  return { rows };
}
