// Every side of a load beside its peers, as lines.
import { median, us } from '../harness/statistics.mjs';

const FIELDS = ['p50Ns', 'p90Ns', 'p99Ns'];

/** Medians over the good rounds, and the medians of the rounds' ratios to each peer. */
export function matrix({ title, sides, peers, outcome: { good, voided }, anyLoad }) {
  if (good.length === 0) return [`${title}: no good round, ${voided} void`];
  const of = (side, field) => median(good.map((round) => round[side][field]));
  const ratio = (side, peer, field) =>
    `${median(good.map((round) => round[side][field] / round[peer][field])).toFixed(2)}x`;
  const head = [
    title,
    ...FIELDS.map((field) => field.slice(0, 3)),
    ...peers.flatMap((peer) => FIELDS.map((field) => `${field.slice(0, 3)} / ${peer}`)),
  ];
  const lines = sides.map((side) => [
    side,
    ...FIELDS.map((field) => us(of(side, field))),
    ...peers.flatMap((peer) => FIELDS.map((field) => ratio(side, peer, field))),
  ]);
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...lines.map((line) => line[i].length)),
  );
  const text = (cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  const which = anyLoad ? 'disturbed ones too' : `${voided} void`;
  const rounds = `(${good.length} ${good.length === 1 ? 'round' : 'rounds'} counted, ${which})`;
  return ['', text(head), ...lines.map(text), rounds];
}
