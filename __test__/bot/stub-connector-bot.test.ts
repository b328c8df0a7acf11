import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  generateStubData,
  LiveInstrument,
  loadStubData,
  RecordKind,
  saveStubData,
  saveStubNpz,
  StubConnectorBot,
  type StubBotOptions,
} from '../../lib/index.js';
import { waitForBook } from '../support/wait-for-book.js';

const btc = new LiveInstrument('BTCUSDT')
  .connector('sim')
  .tickSize(0.1)
  .lotSize(0.001)
  .lastTradesCapacity(10);
const eth = new LiveInstrument('ETHUSDT').connector('sim').tickSize(0.01).lotSize(0.01);

function makeBot(options: Partial<StubBotOptions> = {}): StubConnectorBot {
  return new StubConnectorBot({ instruments: [btc], pace: 'asap', ...options });
}

/** All records of a bot until its data ends, as bytes. */
function everything(bot: StubConnectorBot): string {
  const parts: string[] = [];
  while (!bot.ended) {
    const batch = bot.waitBatch(1_000_000_000);
    while (batch.next()) {
      const { kind, asset, side, price, qty, exchTsNs, localTsNs, seq, sentMonoNs } = batch.view;
      parts.push([kind, asset, side, price, qty, exchTsNs, localTsNs, seq, sentMonoNs].join(' '));
    }
  }
  return parts.join('\n');
}

describe('the stub, by seed', () => {
  test('makes the same with the same seed, to the ns', () => {
    const one = everything(makeBot({ seed: 7, instruments: [btc, eth] }));
    expect(one.length).toBeGreaterThan(10_000);
    expect(everything(makeBot({ seed: 7, instruments: [btc, eth] }))).toBe(one);
  });

  test('makes something else with another seed', () => {
    expect(everything(makeBot({ seed: 7 }))).not.toBe(everything(makeBot({ seed: 8 })));
  });

  test('treats the same orders the same', () => {
    const run = (): string => {
      const bot = makeBot({ seed: 3 });
      waitForBook(bot, 0);
      const outcomes: string[] = [];
      for (let id = 1n; id <= 50n; id += 1n) {
        bot.submitBuyOrder(0, id, bot.depth(0).bestBid, 0.01, 'GTC', 'limit');
        bot.elapse(3_000_000);
      }
      for (const order of bot.orders(0).values())
        outcomes.push(`${order.status} ${String(order.exchTsNs)}`);
      return outcomes.join();
    };
    expect(run()).toBe(run());
  });
});

describe('the stub, by chance', () => {
  /** 4 deviations of a binomial share: one false alarm in 16 000 seeds, and the seed is fixed. */
  function expectShare(count: number, of: number, probability: number): void {
    const margin = 4 * Math.sqrt((probability * (1 - probability)) / of);
    expect(Math.abs(count / of - probability)).toBeLessThan(margin);
  }

  test('trades in 70 % and moves the book in 80 % of the steps', () => {
    const { feeds } = generateStubData([btc], { maxFeeds: 5000 });
    const steps = feeds.filter(({ snapshot }) => !snapshot);
    expectShare(steps.filter(({ trade }) => trade !== null).length, 5000, 0.7);
    expectShare(steps.filter(({ depth }) => depth.length > 0).length, 5000, 0.8);
  });

  test('follows other probabilities where they are set', () => {
    const { feeds } = generateStubData([btc], {
      maxFeeds: 3000,
      tradeProbability: 0.1,
      depthProbability: 1,
    });
    const steps = feeds.filter(({ snapshot }) => !snapshot);
    expectShare(steps.filter(({ trade }) => trade !== null).length, 3000, 0.1);
    expect(steps.filter(({ depth }) => depth.length > 0)).toHaveLength(3000);
  });

  for (const probability of [0, 0.3, 1]) {
    test(`fills ${String(probability * 100)} % of the limit orders`, () => {
      const bot = makeBot({
        maxFeeds: Infinity,
        limits: { maxOrders: 1000 },
        ...(probability === 0.3 ? {} : { fillProbability: probability }),
      });
      waitForBook(bot, 0);
      for (let id = 1; id <= 1000; id += 1) {
        bot.submitBuyOrder(0, id, bot.depth(0).bestBid, 0.001, 'GTX', 'limit');
      }
      bot.elapse(1_000_000_000);
      const filled = [...bot.orders(0).values()].filter(({ status }) => status === 'filled').length;
      expectShare(
        filled,
        1000,
        probability === 0.3 ? 0.3 : Math.min(0.999, Math.max(0.001, probability)),
      );
      expect(bot.position(0)).toBe(filled / 1000);
      expect(bot.stateValues(0)).toMatchObject({ numTrades: filled, position: filled / 1000 });
    });
  }

  test('walks without a trend, and more the more volatile it is', () => {
    const spread = (volatility: number): number => {
      const bot = makeBot({ volatility, basePrice: 20_000 });
      const mids: number[] = [];
      while (!bot.ended) {
        bot.waitBatch(1e9);
        const { bestBid, bestAsk } = bot.depth(0);
        if (bestBid < bestAsk) mids.push((bestBid + bestAsk) / 2);
      }
      expect(mids[0]).toBeGreaterThan(19_900);
      expect(mids[0]).toBeLessThan(20_100);
      return Math.max(...mids) - Math.min(...mids);
    };
    expect(spread(0.001)).toBeGreaterThan(10 * spread(0.00001));
  });

  test('varies the spread between its bounds', () => {
    const bot = makeBot({ spreadTicks: [2, 4] });
    const spreads = new Set<number>();
    while (!bot.ended) {
      bot.waitBatch(1e9);
      const { bestBidTick, bestAskTick } = bot.depth(0);
      if (bestAskTick > bestBidTick) spreads.add(bestAskTick - bestBidTick);
    }
    expect([...spreads].sort()).toEqual([2, 3, 4]);
  });

  test('has feed latencies about 100 µs and round trips about 1 ms', () => {
    const bot = makeBot();
    waitForBook(bot, 0);
    let sumNs = 0;
    for (let id = 1; id <= 100; id += 1) {
      bot.submitBuyOrder(0, id, 100, 1, 'GTC', 'limit', { timeoutMs: 100 });
      const order = bot.orderLatency(0);
      const feed = bot.feedLatency(0);
      if (order === null || feed === null) throw new Error('no latency');
      expect(order.reqTsNs < order.exchTsNs && order.exchTsNs < order.respTsNs).toBe(true);
      expect(Math.abs(Number(feed.localTsNs - feed.exchTsNs) - 100_000)).toBeLessThanOrEqual(
        20_001,
      );
      sumNs += Number(order.respTsNs - order.reqTsNs);
    }
    expect(Math.abs(sumNs / 100 - 1_000_000)).toBeLessThan(100_000);
  });
});

describe('the stub, by time', () => {
  test('ends after 1000 feeds', () => {
    const bot = makeBot({ tradeProbability: 1 });
    let trades = 0;
    while (!bot.ended) {
      const batch = bot.waitBatch(1e9);
      while (batch.next()) if (batch.view.kind === RecordKind.Trade) trades += 1;
    }
    expect(trades).toBe(1000);
    expect(bot.waitNextFeed(true, 1e9)).toBe('end_of_data');
    expect(bot.elapse(1)).toBe('end_of_data');
    expect(bot.waitBatch(1e9).count).toBe(0);
  });

  test('never crosses its book, not even inside a batch', () => {
    const bot = makeBot({ volatility: 0.001, spreadTicks: [1, 1] });
    let compared = 0;
    while (!bot.ended) {
      bot.waitBatch(1e9, 1);
      const { bestBidTick, bestAskTick } = bot.depth(0);
      expect(bestBidTick >= bestAskTick).toBe(false);
      // NaN, a side that is empty, is never greater.
      if (bestBidTick < bestAskTick) compared += 1;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('hands over at most as many records as asked for, and loses none', () => {
    const byOne = makeBot();
    const whole = makeBot();
    let ones = 0;
    let all = 0;
    while (!byOne.ended) {
      const { count } = byOne.waitBatch(1e9, 1);
      // A message is never cut: a balance comes with its text.
      expect(count).toBeLessThanOrEqual(2);
      ones += count;
    }
    while (!whole.ended) all += whole.waitBatch(1e9).count;
    expect(ones).toBe(all);
    expect(byOne.stats().received).toBe(whole.stats().received);
  });

  test('waits in real time by default', () => {
    const bot = new StubConnectorBot({ instruments: [btc] });
    const start = performance.now();
    expect(bot.elapse(60_000_000)).toBe('ok');
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThanOrEqual(59);
    expect(tookMs).toBeLessThan(2000);
    expect(Math.abs(Number(bot.currentTimestampNs() / 1_000_000n) - Date.now())).toBeLessThan(1000);
    bot.close();
  });

  test('steps without blocking and says when the next step is due', () => {
    const bot = new StubConnectorBot({ instruments: [btc], stepIntervalNs: 1_000_000_000 });
    expect(bot.nextDueNs).toBe(0);
    expect(bot.step()).toBeGreaterThan(0);
    const start = performance.now();
    while (bot.step() > 0 || bot.nextDueNs === 0);
    expect(performance.now() - start).toBeLessThan(900);
    expect(bot.nextDueNs).toBeGreaterThan(0);
    expect(bot.nextDueNs).toBeLessThanOrEqual(1_001_000_000);
    bot.close();
    expect(bot.nextDueNs).toBe(Infinity);
    expect(() => bot.step()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  test('steps through virtual time to the end', () => {
    const bot = makeBot();
    let records = 0;
    while (!bot.ended) {
      bot.step();
      while (bot.batch.next()) records += 1;
    }
    expect(records).toBe(bot.stats().received);
  });

  test('ends at once when another thread sets its stop word', () => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const bot = makeBot({ stop, pace: 'realtime' });
    bot.waitBatch(0);
    Atomics.store(stop, 0, 1);
    expect(bot.ended).toBe(true);
    expect(bot.elapse(1e12)).toBe('end_of_data');
    expect(bot.waitBatch(1e12).count).toBe(0);
  });

  test('keeps only the last trades', () => {
    const bot = makeBot({ tradeProbability: 1 });
    bot.elapse(500_000_000);
    const trades = bot.lastTrades(0);
    expect(trades).toHaveLength(10);
    expect(Object.isFrozen(trades[0])).toBe(true);
    const times = trades.map(({ exchTsNs }) => exchTsNs);
    expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    bot.clearLastTrades();
    expect(bot.lastTrades(0)).toEqual([]);
  });

  test('sends a resynced book that is the book', () => {
    const bot = makeBot({ maxFeeds: 0 });
    waitForBook(bot, 0);
    const { bids, asks } = bot.depth(0).levels(50);
    bot.resync(0);
    const reported: [number, number][] = [];
    const batch = bot.waitBatch(1e9);
    while (batch.next())
      if (batch.view.kind === RecordKind.Depth) reported.push([batch.view.price, batch.view.qty]);
    expect(reported).toEqual([...bids, ...asks].map(({ price, qty }) => [price, qty]));
    expect(bot.stats().resyncs).toBe(1);
  });
});

describe('stub data', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'stub-data-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('saved and loaded is the same, and replays to the same events', () => {
    const file = path.join(folder, 'data.jsonl');
    const recorder = makeBot({ instruments: [btc, eth], record: true });
    const original = everything(recorder);
    saveStubData(file, recorder.recording());
    const replay = loadStubData(file);
    expect(replay).toEqual(recorder.recording());
    expect(replay).toEqual(generateStubData([btc, eth]));
    expect(everything(makeBot({ instruments: [btc, eth], replay }))).toBe(original);
  });

  test('becomes the event array that backtests read', () => {
    const file = path.join(folder, 'data.npz');
    const data = generateStubData([btc, eth], { maxFeeds: 50 });
    saveStubNpz(file, data, 1, { startTsNs: 1000n, feedLatencyNs: 7 });
    const bytes = readFileSync(file);
    // A file of a zip archive: its packed bytes follow its name.
    expect(bytes.toString('latin1', 30, 38)).toBe('data.npy');
    const npy = inflateRawSync(bytes.subarray(38, 38 + bytes.readUInt32LE(18)));
    const start = 10 + npy.readUInt16LE(8);
    expect(start % 64).toBe(0);
    const quotes = data.feeds
      .filter(({ asset }) => asset === 1)
      .flatMap(({ atNs, depth, trade }) => [
        ...depth.map((level) => ({ atNs, kind: 1n, quote: level })),
        ...(trade === null ? [] : [{ atNs, kind: 2n, quote: trade }]),
      ]);
    expect(npy.toString('latin1', 10, start)).toContain(`'shape': (${String(quotes.length)},)`);
    expect(npy.length).toBe(start + quotes.length * 64);
    for (const [index, { atNs, kind, quote }] of quotes.entries()) {
      const at = start + index * 64;
      const side = quote[0] === 'buy' ? 0xe0000000n : 0xd0000000n;
      expect(npy.readBigUInt64LE(at)).toBe(side | kind);
      expect(npy.readBigInt64LE(at + 8)).toBe(1000n + BigInt(atNs));
      expect(npy.readBigInt64LE(at + 16)).toBe(1007n + BigInt(atNs));
      expect([npy.readDoubleLE(at + 24), npy.readDoubleLE(at + 32)]).toEqual([quote[1], quote[2]]);
    }
    expect(() => {
      saveStubNpz(file, data, 2);
    }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  test('is refused by a bot with other instruments', () => {
    const replay = generateStubData([btc, eth], { maxFeeds: 1 });
    expect(() => makeBot({ instruments: [eth, btc], replay })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    expect(() => makeBot({ instruments: [btc], replay })).toThrow(/instrument 1/);
  });

  test('is not endless, and not recorded unasked', () => {
    expect(() => generateStubData([btc], { maxFeeds: Infinity })).toThrow(/Infinity/);
    expect(() => makeBot().recording()).toThrow(/record/);
  });

  for (const [what, damage] of [
    ['no header', (lines: string[]) => lines.slice(1)],
    [
      'another version',
      (lines: string[]) => lines.map((line) => line.replace('"version":1', '"version":2')),
    ],
    ['a cut line', (lines: string[]) => [...lines.slice(0, -1), lines.at(-1)?.slice(0, 20) ?? '']],
    ['times that run back', (lines: string[]) => [...lines, lines[1] ?? '']],
    [
      'an instrument it does not name',
      (lines: string[]) => lines.map((line) => line.replace('"asset":0', '"asset":1')),
    ],
    [
      'a side that is none',
      (lines: string[]) => lines.map((line) => line.replace('"buy"', '"up"')),
    ],
    ['a line that is no object', (lines: string[]) => [...lines, '5']],
  ] as const) {
    test(`with ${what} is refused with its line`, () => {
      const file = path.join(folder, 'data.jsonl');
      saveStubData(file, generateStubData([btc], { maxFeeds: 20 }));
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      writeFileSync(file, damage(lines).join('\n'));
      expect(() => loadStubData(file)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_DATA',
          message: expect.stringMatching(/data\.jsonl:\d+: /) as string,
        }),
      );
    });
  }

  for (const [option, value] of [
    ['fillProbability', 1.1],
    ['tradeProbability', NaN],
    ['volatility', -1],
    ['spreadTicks', [3, 2]],
    ['levels', 0],
    ['maxFeeds', -1],
    ['pace', 'fast'],
    ['seed', 0.5],
    ['stepIntervalNs', 0],
    ['basePrice', 0],
  ] as const) {
    test(`made with ${option} ${String(value)} is refused by name`, () => {
      expect(() => makeBot({ [option]: value })).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringContaining(option) as string,
        }),
      );
    });
  }
});
