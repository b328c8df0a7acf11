// Low-level bots in processes of their own, on real connectors, over real shared memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LinkStatus, RecordFlag, RecordKind } from '../../lib/models/record-layout.js';
import { BotProcess, btcOn, type BookCopy, type LoggedRecord } from '../support/bot-process.js';
import { startConnector, stopConnectors, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { SharedMemoryBaseline } from '../support/shared-memory.js';
import { until } from '../support/until.js';

let folder = '';
let memory: SharedMemoryBaseline;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bots-'));
  memory = new SharedMemoryBaseline();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A market in which next to nothing moves, so that two books can be compared whole. */
function stillMarket(): string {
  const file = path.join(folder, 'still.toml');
  writeFileSync(
    file,
    '[[symbols]]\nsymbol = "BTCUSDT"\nvolatility = 0.0\nlevels_per_second = 0.1\ntrades_per_second = 0.0\n',
  );
  return file;
}

function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

/** The book that the records of a batch make, and the levels that changed after it. */
function bookOf(
  records: LoggedRecord[],
  later: readonly [seq: number, what: string][],
): Pick<BookCopy, 'bids' | 'asks'> {
  const sides = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  for (const { kind, side, px, qty } of records) {
    if (kind === RecordKind.Depth) sides[side as 'buy' | 'sell'].set(px, qty);
  }
  for (const [, what] of later) {
    const [kind, , isBuy, px, qty] = what.split(' ');
    if (Number(kind) === RecordKind.Depth)
      sides[isBuy === 'true' ? 'buy' : 'sell'].set(Number(px), Number(qty));
  }
  const sorted = (side: Map<number, number>, direction: 1 | -1): BookCopy['bids'] =>
    [...side]
      .filter(([, qty]) => qty > 0)
      .sort(([a], [b]) => direction * (a - b))
      .map(([px, qty]) => ({ price: Math.round(px * 10) / 10, qty }));
  return { bids: sorted(sides.buy, -1), asks: sorted(sides.sell, 1) };
}

async function expectNothingLost(...bots: BotProcess[]): Promise<void> {
  for (const bot of bots) {
    expect(await bot.call('stats')).toMatchObject({
      lost: 0,
      gaps: 0,
      decodeErrors: 0,
      tapOverflow: 0,
    });
  }
}

/** Both have received exactly the same market data over all that both have seen, which is much. */
async function expectSameFeed(
  one: BotProcess,
  two: BotProcess,
  fromSeq: number,
  atLeast: number,
): Promise<void> {
  const lastOfBoth = async (): Promise<number> =>
    Math.min(await one.call('lastSeq'), await two.call('lastSeq'));
  await until(async () => (await lastOfBoth()) > fromSeq + 2 * atLeast, 'much of the same market');
  const toSeq = await lastOfBoth();
  const [first, second] = [
    await one.call('feed', fromSeq, toSeq),
    await two.call('feed', fromSeq, toSeq),
  ];
  expect(first.length).toBeGreaterThan(atLeast);
  expect(second).toEqual(first);
}

describeNative('bots in processes of their own', () => {
  it('see their own orders only, the same market, and the position of the account', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const [one, two] = await Promise.all([
      BotProcess.start({ instruments: [btcOn(name)] }),
      BotProcess.start({ instruments: [btcOn(name)], depth: 'roivector' }),
    ]);
    const fromSeq = Math.max(await one.call('lastSeq'), await two.call('lastSeq')) + 1;
    // The same id twice: it names an order of its bot.
    await one.rest(1n, 500);
    await one.rest(2n, 510);
    await two.rest(1n, 520);
    await two.call('cancelAll', 0);
    await two.record(RecordKind.Order, ({ orderStatus }) => orderStatus === 'canceled');
    await one.take(3n, 'buy', 0.01);
    await two.take(4n, 'sell', 0.004);
    for (const bot of [one, two]) {
      await until(
        async () => Math.abs((await bot.call('position', 0)) - 0.006) < 1e-9,
        'the position of the account',
      );
    }
    expect(await one.openOrders()).toEqual([1n, 2n]);
    expect(await two.openOrders()).toEqual([]);
    const ids = async (bot: BotProcess): Promise<bigint[]> => [
      ...new Set((await bot.records(RecordKind.Order)).map(({ orderId }) => orderId)),
    ];
    expect(await ids(one)).toEqual([1n, 2n, 3n]);
    expect(await ids(two)).toEqual([1n, 4n]);
    await expectSameFeed(one, two, fromSeq, 300);
    await expectNothingLost(one, two);
  });

  it('trade on two connectors at once, and the death of one leaves the other alone', async () => {
    const [left, right] = [uniqueName(), uniqueName()];
    const dying = await startConnector(left, 'sim', 'BTCUSDT');
    await startConnector(right, 'sim', 'BTCUSDT', '--seed', '7');
    const bot = await BotProcess.start({ instruments: [btcOn(left), btcOn(right)] });
    await bot.rest(1n, 500, 0);
    await bot.rest(1n, 600, 1);
    await bot.take(2n, 'buy', 0.002, 0);
    await bot.take(3n, 'sell', 0.003, 1);
    await until(
      async () =>
        (await bot.call('position', 0)) === 0.002 && (await bot.call('position', 1)) === -0.003,
      'a position on each',
    );
    process.kill(dying.pid!, 'SIGKILL');
    const lost = await bot.record(RecordKind.Link, ({ status }) => status === LinkStatus.Lost);
    expect(lost.asset).toBe(0);
    const links = await bot.call('links');
    expect(links.map(({ connector, connected }) => [connector, connected])).toEqual([
      [left, false],
      [right, true],
    ]);
    expect((await bot.call('book', 0)).synced).toBe(false);
    await expect(bot.rest(4n, 500, 0)).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    const seq = await bot.call('lastSeq');
    await bot.rest(4n, 610, 1);
    await until(async () => (await bot.call('lastSeq')) > seq, 'more of the other market');
    expect(await bot.openOrders(1)).toEqual([1n, 4n]);
    await expectNothingLost(bot);
  });

  it('that come late get position, orders and the whole book in one batch', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', stillMarket());
    const watcher = await BotProcess.start({ instruments: [btcOn(name)] });
    const before = await BotProcess.start({ instruments: [btcOn(name)], botId: 77n });
    const prices = [await before.rest(1n, 500), await before.rest(2n, 700)];
    await before.take(3n, 'buy', 0.02);
    await before.close();
    const late = await BotProcess.start({ instruments: [btcOn(name)], botId: 77n });
    // Links and balances come beside the batch, on the control channel.
    const beside: number[] = [RecordKind.Link, RecordKind.Balance, RecordKind.BookState];
    const log = (await late.records()).filter(({ kind }) => !beside.includes(kind));
    const start = log.findIndex(({ kind }) => kind === RecordKind.BatchStart);
    const end = log.findIndex(({ kind }) => kind === RecordKind.BatchEnd);
    const isReset = ({ kind }: LoggedRecord): boolean => kind === RecordKind.BookReset;
    // The answer replaces the book: the bot says so before the first level.
    const inside = log.slice(start + 1, end).filter((record) => !isReset(record));
    const firstLevel = log.findIndex(({ kind }) => kind === RecordKind.Depth);
    expect(log.findLastIndex(isReset)).toBeLessThan(firstLevel);
    const flags = RecordFlag.Snapshot | RecordFlag.InBatch;
    expect(log.slice(0, start).every(isReset)).toBe(true);
    expect(log[end + 1]).toMatchObject({ kind: RecordKind.BookReady, asset: 0 });
    expect(inside.filter((record) => (record.flags & flags) !== flags)).toEqual([]);
    const of = (kind: number): LoggedRecord[] => inside.filter((record) => record.kind === kind);
    expect(of(RecordKind.Position).map(({ qty }) => qty)).toEqual([0.02]);
    expect(
      of(RecordKind.Order).map(({ orderId, orderStatus, px, qty, leavesQty }) => [
        orderId,
        orderStatus,
        Math.round(px * 10) / 10,
        qty,
        leavesQty,
      ]),
    ).toEqual(prices.map((price, at) => [BigInt(at + 1), 'new', price, 0.01, 0.01]));
    const whole = bookOf(inside, []);
    expect(whole.bids.length).toBeGreaterThan(20);
    expect(whole.asks.length).toBeGreaterThan(20);
    // A level may change while we look.
    await until(async () => {
      const books = [await watcher.call('book', 0), await late.call('book', 0)];
      const reported = bookOf(inside, await late.call('feed', log[end]!.seq, Infinity));
      return (
        isDeepStrictEqual(books[0], books[1]) &&
        isDeepStrictEqual(books[1], { ...books[1], ...reported })
      );
    }, 'three times the same book');
    expect(await late.openOrders()).toEqual([1n, 2n]);
    expect(await late.call('position', 0)).toBe(0.02);
  });

  it('outlive a connector that is killed, and trade on with its next run', async () => {
    const name = uniqueName();
    const first = await startConnector(name, 'sim', 'BTCUSDT');
    const bot = await BotProcess.start({ instruments: [btcOn(name)] });
    const { pid } = bot;
    await bot.rest(1n);
    const killedNs = monotonicNs();
    process.kill(first.pid!, 'SIGKILL');
    const lost = await bot.record(RecordKind.Link, ({ status }) => status === LinkStatus.Lost);
    expect((lost.atNs - killedNs) / 1e6).toBeGreaterThan(0);
    expect((lost.atNs - killedNs) / 1e6).toBeLessThan(5_000);
    await expect(bot.rest(2n)).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    const seen = (await bot.records()).length;
    await startConnector(name, 'sim', 'BTCUSDT');
    await until(async () => (await bot.call('book', 0)).synced, 'the book of the next run');
    const after = (await bot.records()).slice(seen);
    const kinds = after.map(({ kind, status }) =>
      kind === RecordKind.Link ? `link ${status}` : kind,
    );
    const restarted = kinds.indexOf(`link ${LinkStatus.Restarted}`);
    expect(restarted).toBeGreaterThanOrEqual(0);
    expect(kinds.indexOf(RecordKind.BookReady)).toBeGreaterThan(restarted);
    // The simulated venue of the next run does not know the order: it does not stay open for ever.
    expect(await bot.openOrders()).toEqual([]);
    await bot.rest(3n);
    await bot.take(4n, 'buy', 0.001);
    expect(await bot.openOrders()).toEqual([3n]);
    expect(bot).toMatchObject({ pid, alive: true });
    await expectNothingLost(bot);
    await bot.close();
    await stopConnectors();
    await memory.expectAdded([]);
  });

  it('that are killed get their orders back under the same id, and can cancel them', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const watcher = await BotProcess.start({ instruments: [btcOn(name)] });
    const first = await BotProcess.start({ instruments: [btcOn(name)], botId: 4_242n });
    const price = await first.rest(11n, 500);
    await first.rest(12n, 600);
    await first.kill();
    const other = await BotProcess.start({ instruments: [btcOn(name)] });
    expect(await other.openOrders()).toEqual([]);
    const second = await BotProcess.start({ instruments: [btcOn(name)], botId: 4_242n });
    expect(await second.openOrders()).toEqual([11n, 12n]);
    expect(await second.call('order', 0, 11n)).toMatchObject({ price, leavesQty: 0.01 });
    expect(await second.call('cancel', 0, 11n, { timeoutMs: 20_000 })).toBe('order_response');
    expect(await second.call('order', 0, 11n)).toMatchObject({ status: 'canceled' });
    expect(await second.openOrders()).toEqual([12n]);
    await expectNothingLost(watcher, second);
  });

  it('without an id of their own leave their orders to the next bot when they are killed', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const first = await BotProcess.start({ instruments: [btcOn(name)] });
    await first.rest(21n);
    const beside = await BotProcess.start({ instruments: [btcOn(name)] });
    expect(await beside.openOrders()).toEqual([]);
    await first.kill();
    const heir = await BotProcess.start({ instruments: [btcOn(name)] });
    expect(await heir.openOrders()).toEqual([21n]);
    await heir.call('cancel', 0, 21n, { timeoutMs: 20_000 });
    expect(await heir.call('order', 0, 21n)).toMatchObject({ status: 'canceled' });
    expect((await beside.records(RecordKind.Order)).length).toBe(0);
  });

  it('refuse an id that a living bot has', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const first = await BotProcess.start({ instruments: [btcOn(name)], botId: 5n });
    await expect(BotProcess.start({ instruments: [btcOn(name)], botId: 5n })).rejects.toMatchObject(
      { code: 'ERR_ALREADY_RUNNING' },
    );
    await first.rest(1n);
  });

  it('killed twenty times over leave nothing behind, and nobody else misses an event', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const [one, two] = await Promise.all([
      BotProcess.start({ instruments: [btcOn(name)] }),
      BotProcess.start({ instruments: [btcOn(name)] }),
    ]);
    const fromSeq = Math.max(await one.call('lastSeq'), await two.call('lastSeq')) + 1;
    const steady = memory.added();
    for (let cycle = 0; cycle < 20; cycle += 1) {
      // One bot that comes back again and again, and others in between that never do.
      const botId = cycle % 2 === 0 ? 900n : 1_000n + BigInt(cycle);
      const victim = await BotProcess.start({ instruments: [btcOn(name)], botId });
      // Its orders of the cycles before are still there.
      expect(await victim.openOrders()).toHaveLength(cycle % 2 === 0 ? cycle / 2 : 0);
      await victim.rest(BigInt(cycle + 1), 500 + cycle);
      await sleep(cycle * 3);
      await victim.kill();
    }
    // The next bot to come sweeps up after the dead ones.
    const last = await BotProcess.start({ instruments: [btcOn(name)], botId: 900n });
    expect(await last.openOrders()).toHaveLength(10);
    await last.close();
    await memory.expectAdded(steady);
    await expectSameFeed(one, two, fromSeq, 2_000);
    await expectNothingLost(one, two);
    await Promise.all([one.close(), two.close()]);
    await stopConnectors();
    await memory.expectAdded([]);
  });
});
