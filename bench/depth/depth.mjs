// Changes of one book: the book of `depth: 'hashmap'`, hftbacktest's HashMapMarketDepth and its
// ROIVectorMarketDepth, on the same rows.
import { peer } from '../harness/build.mjs';
import { compareRow, contest } from '../harness/contest.mjs';
import { resultOf } from '../harness/process.mjs';

/** What is applied; the range of interest of the vector spans all of it. */
const kinds = {
  near: 'changes near the touch, trades through levels',
  wide: 'the same, a seventh of it far away',
  snapshot: 'a snapshot of 1000 levels into an empty book',
};

const million = (rows) => `${(rows / 1e6).toFixed(1)} M rows/s`;

/** By peer and kind: how many times its rate ours must have; the vector is shown only. */
const GOALS = { hashmap: { near: 2, wide: 1.5, snapshot: 4 }, roivector: {} };
const NAMES = { hashmap: "hftbacktest's HashMap", roivector: "hftbacktest's ROIVector" };

async function compare({ kind, pairs, seconds }) {
  console.error(` ${kinds[kind]}`);
  const side = (way) => () => resultOf(peer('bench-depth'), [way, kind, String(seconds)]);
  const outcome = await contest({
    pairs,
    sides: { ours: side('ours'), hashmap: side('hashmap'), roivector: side('roivector') },
    show: ({ rowsPerS }) => million(rowsPerS),
  });
  return Object.keys(GOALS).map((peerName) => {
    const times = GOALS[peerName][kind];
    return compareRow({
      outcome: {
        ...outcome,
        good: outcome.good.map((round) => ({ ...round, [NAMES[peerName]]: round[peerName] })),
      },
      what: kinds[kind],
      peer: NAMES[peerName],
      field: 'rowsPerS',
      show: (of) => million(of('rowsPerS')),
      goal: times === undefined ? 'shown' : `>= ${times}x`,
      within: (ratio) => times === undefined || ratio >= times,
      // The best prices after every row are the same.
      sound: (mine, theirs) => mine.sum === theirs.sum,
    });
  });
}

export async function run({ quick }) {
  const round = { seconds: quick ? 0.4 : 1, pairs: quick ? 3 : 5 };
  const rows = [];
  for (const kind of Object.keys(kinds)) rows.push(...(await compare({ kind, ...round })));
  return { rows };
}
