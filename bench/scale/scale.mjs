// What an event costs a bot with many instruments, and what each bot costs its connector.
import { compareRow, contest } from '../harness/contest.mjs';
import { feedRound } from '../harness/feed-round.mjs';

const ns = (value) => `${value.toFixed(0)} ns`;
/** Most that an event may cost with 50 instruments, of what it costs with one. */
const INSTRUMENTS_LIMIT = 1.1;
/** Most that a bot may cost its connector, of what it costs with a quarter of the bots. */
const BOTS_LIMIT = 1.2;

/**
 * Bursts, so that the processor time is that of events, not of waking once for each. A sleep costs
 * the bot its caches: after it the books come back once per burst, however long the burst is.
 */
const BURSTS = { long: { rate: 200_000, burst: 5_000 }, short: { rate: 100_000, burst: 1_000 } };

async function instruments(symbols, { rate, burst }, seconds) {
  const round = await feedRound({
    wait: 'park',
    rate,
    seconds,
    symbols,
    burst,
    sampleEvery: 64,
  });
  const [bot] = round.bots;
  return {
    lateP99Ns: round.lateP99Ns,
    perEventNs: bot.cpuNs / bot.received,
    isWhole: bot.isWhole,
  };
}

/** A burst stands for the levels of one frame, after which every bot is rung once. */
async function onOneConnector(bots, seconds) {
  const round = await feedRound({
    wait: 'park',
    rate: 10_000,
    seconds,
    bots,
    burst: 100,
    sampleEvery: 64,
  });
  const perEventNs = round.published.sendCpuNs / round.published.events;
  return {
    lateP99Ns: round.lateP99Ns,
    perEventNs,
    perBotNs: perEventNs / bots,
    isWhole: round.bots.every((bot) => bot.isWhole),
  };
}

const sound = ({ isWhole }) => isWhole;

/** As `perf record -e cpu-clock` of the bot shows it, bursts of 5000. */
const WHERE_IT_GOES =
  "hftbacktest's HashMapMarketDepth: updating one book takes 22 ns per event, one of 50 takes 126 ns, as their " +
  'hash tables are not in the nearest cache; taking the message and finding its instrument grow by 43 ns (perf, bench/README)';

async function manyInstruments({ seconds, pairs }) {
  console.error(' instruments in one bot');
  const side = (symbols, kind) => () => instruments(symbols, BURSTS[kind], seconds);
  const outcome = await contest({
    pairs,
    sides: {
      one: side(1, 'long'),
      ten: side(10, 'long'),
      fifty: side(50, 'long'),
      'three hundred': side(300, 'long'),
      'one, short': side(1, 'short'),
      'fifty, short': side(50, 'short'),
    },
    show: ({ perEventNs }) => ns(perEventNs),
  });
  const row = (count, ours, peer, kind, limit) =>
    compareRow({
      outcome,
      what: `bot's cpu per event, ${count} instruments, bursts of ${BURSTS[kind].burst}`,
      ours,
      peer,
      field: 'perEventNs',
      show: (of) => ns(of('perEventNs')),
      goal: limit === null ? 'shown' : `<= ${limit}x`,
      within: (ratio) => limit === null || ratio <= limit,
      sound,
      reason: () => WHERE_IT_GOES,
    });
  return [
    row(10, 'ten', 'one', 'long', INSTRUMENTS_LIMIT),
    row(50, 'fifty', 'one', 'long', INSTRUMENTS_LIMIT),
    row(300, 'three hundred', 'one', 'long', null),
    row(50, 'fifty, short', 'one, short', 'short', null),
  ];
}

async function manyBots({ seconds, pairs }) {
  console.error(' bots on one connector');
  const counts = [1, 4, 16];
  const outcome = await contest({
    pairs,
    sides: Object.fromEntries(counts.map((n) => [n, () => onOneConnector(n, seconds)])),
    show: ({ perEventNs, perBotNs }) => `${ns(perEventNs)}, per bot ${ns(perBotNs)}`,
  });
  const row = (count, peer, goal, within) =>
    compareRow({
      outcome,
      what: `publisher's cpu per event and bot, ${count} bots`,
      ours: String(count),
      peer: String(peer),
      field: 'perBotNs',
      show: (of) => `${ns(of('perBotNs'))} (${ns(of('perEventNs'))} per event)`,
      goal,
      within,
      sound,
    });
  return [
    row(4, 1, 'shown', () => true),
    row(16, 4, `linear: <= ${BOTS_LIMIT}x`, (ratio) => ratio <= BOTS_LIMIT),
  ];
}

export async function run({ quick }) {
  const pairs = quick ? 2 : 4;
  return {
    rows: [
      ...(await manyInstruments({ seconds: quick ? 0.5 : 1, pairs })),
      ...(await manyBots({ seconds: quick ? 0.5 : 1, pairs })),
    ],
  };
}
