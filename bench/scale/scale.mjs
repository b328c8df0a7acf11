// What an event costs a bot with many instruments, and what each bot costs its connector.
import { compareRow, contest } from '../harness/contest.mjs';
import { feedRound } from '../harness/feed-round.mjs';

const ns = (value) => `${value.toFixed(0)} ns`;
const LIMIT = 1.2;

/** Bursts, so that the processor time is that of events, not of waking once for each. */
async function instruments(symbols, seconds) {
  const round = await feedRound({
    wait: 'park',
    rate: 100_000,
    seconds,
    symbols,
    burst: 1_000,
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

async function manyInstruments({ seconds, pairs }) {
  console.error(' instruments in one bot');
  const counts = [1, 10, 50];
  const outcome = await contest({
    pairs,
    sides: Object.fromEntries(counts.map((n) => [n, () => instruments(n, seconds)])),
    show: ({ perEventNs }) => ns(perEventNs),
  });
  return counts.slice(1).map((count) =>
    compareRow({
      outcome,
      what: `bot's cpu per event, ${count} instruments`,
      ours: String(count),
      peer: '1',
      field: 'perEventNs',
      show: (of) => ns(of('perEventNs')),
      goal: `<= ${LIMIT}x`,
      within: (ratio) => ratio <= LIMIT,
      sound,
    }),
  );
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
    row(16, 4, `linear: <= ${LIMIT}x`, (ratio) => ratio <= LIMIT),
  ];
}

export async function run({ quick }) {
  const pairs = quick ? 2 : 5;
  return {
    rows: [
      ...(await manyInstruments({ seconds: quick ? 0.5 : 1, pairs })),
      ...(await manyBots({ seconds: quick ? 0.5 : 1, pairs })),
    ],
  };
}
