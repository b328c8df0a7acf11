import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import {
  ConnectorRunner,
  type ConnectorRunnerOptions,
} from '../../lib/connector/connector-runner.js';
import { makeRunnerRoom } from '../../lib/connector/make-runner-room.js';
import type { RunnerDepth, RunnerEvent, RunnerTrade } from '../../lib/connector/runner-event.js';
import { LINES_CONNECTOR, fakeProgram, isAlive, scratchFile } from '../support/fake-program.js';
import { until } from '../support/until.js';

const running: ConnectorRunner[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop()));
});

function make(
  body = LINES_CONNECTOR,
  options: Partial<ConnectorRunnerOptions> = {},
): ConnectorRunner {
  const runner = new ConnectorRunner({
    kind: 'sim',
    binary: fakeProgram(body),
    restart: { delayMs: 20 },
    ...options,
  });
  running.push(runner);
  return runner;
}

/** The next event of a type; those before it are thrown away. */
async function next<T extends RunnerEvent['type']>(
  runner: ConnectorRunner,
  type: T,
): Promise<Extract<RunnerEvent, { type: T }>> {
  for (;;) {
    const event = await runner.nextEvent(20_000);
    if (event === undefined) throw new Error(`no ${type} came`);
    if (event.type === type) return event as Extract<RunnerEvent, { type: T }>;
  }
}

/** Lets the fake connector print these values as lines: a subscription to a symbol that asks so. */
function trades(count: number, from = 1): string {
  return `
    require('node:readline').createInterface({ input: process.stdin }).on('close', () => process.exit(0));
    console.log('{"type":"status","status":"ready"}');
    for (let i = ${String(from)}; i < ${String(from + count)}; i += 1) {
      console.log(JSON.stringify({ type: 'trade', timestamp: i, symbol: 'A', price: i, qty: 1, side: 'buy', id: String(i) }));
      console.log(JSON.stringify({ type: 'depth', timestamp: i, symbol: i % 2 ? 'A' : 'B', bids: [[i % 7 + 1, i]], asks: [], last_update_id: i }));
    }
    console.log('{"type":"status","status":"end"}');`;
}

describe('ConnectorRunner', () => {
  it('subscribes what was wanted before the start, and what comes after it', async () => {
    const runner = make();
    runner.subscribe('trades', 'BTCUSDT');
    await runner.start();
    expect(await next(runner, 'status')).toMatchObject({
      status: 'ready',
      details: { args: ['sim', 'sim', '--stdio'] },
    });
    expect(await next(runner, 'trade')).toMatchObject({ symbol: 'BTCUSDT', price: 100.5 });
    runner.subscribe('depth', 'ETHUSDT');
    runner.subscribe('depth', 'ETHUSDT');
    expect(await next(runner, 'depth')).toMatchObject({ symbol: 'ETHUSDT', snapshot: true });
    runner.unsubscribe('depth', 'ETHUSDT');
    expect(await next(runner, 'status')).toMatchObject({ status: 'unsubscribed' });
    expect(runner.health).toMatchObject({
      state: 'running',
      processAlive: true,
      events: 2,
      errorCount: 0,
      queueSize: 0,
      subscriptions: { trades: ['BTCUSDT'], depth: [] },
    });
    expect(runner.health.lastEventMs).toBeGreaterThan(Date.now() - 10_000);
  });

  it('asks in the unit that is given, also after a restart', async () => {
    const commands = scratchFile('commands');
    const runner = make(
      `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
         const { command, channel, tick, lot } = JSON.parse(line);
         require('node:fs').appendFileSync(${JSON.stringify(commands)}, [command, channel, tick, lot].join(' ') + '\\n');
       }).on('close', () => process.exit(0));
       console.log('{"type":"status","status":"ready"}');`,
    );
    const lines = (): string[] =>
      (existsSync(commands) ? readFileSync(commands, 'utf8') : '').split('\n');
    runner.subscribe('trades', 'BTCUSDT', { tickSize: 0.5 });
    await runner.start();
    runner.subscribe('trades', 'BTCUSDT');
    runner.subscribe('trades', 'BTCUSDT', { lotSize: 0.01 });
    runner.subscribe('depth', 'BTCUSDT');
    const before = ['subscribe trades 0.5 ', 'subscribe trades 0.5 0.01', 'subscribe depth  '];
    await until(() => lines().length > 3, 'three commands');
    expect(lines()).toEqual([...before, '']);
    process.kill(runner.health.pid!, 'SIGKILL');
    await until(() => lines().length > 5, 'the commands again');
    expect(lines()).toEqual([...before, 'subscribe trades 0.5 0.01', 'subscribe depth  ', '']);
    expect(() => {
      runner.subscribe('depth', 'BTCUSDT', { tickSize: 0 });
    }).toThrow('sizes.tickSize: 0 is no positive number');
    expect(() => {
      runner.subscribe('depth', 'BTCUSDT', { tick: 1 } as never);
    }).toThrow('tickSize');
  });

  it('reports the death of its process, starts it again and subscribes again', async () => {
    const runner = make();
    runner.subscribe('trades', 'BTCUSDT');
    runner.subscribe('depth', 'BTCUSDT');
    await runner.start();
    await next(runner, 'depth');
    const { pid } = runner.health;
    const restarted = new Promise((resolve) => runner.once('restarted', resolve));
    process.kill(pid!, 'SIGKILL');
    const died = await next(runner, 'error');
    expect(died).toMatchObject({
      code: 'connector_process_died',
      message: expect.stringContaining('SIGKILL') as string,
    });
    expect(await restarted).toBe(1);
    await next(runner, 'trade');
    await next(runner, 'depth');
    expect(runner.health).toMatchObject({ state: 'running', restarts: 1, errorCount: 1 });
    expect(runner.health.pid).not.toBe(pid);
    expect(isAlive(pid!)).toBe(false);
  });

  it('gives up after so many deaths in a row, and can be started anew', async () => {
    const marker = scratchFile('runs');
    const runner = make(
      `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(marker)}, 'x');
       const runs = fs.readFileSync(${JSON.stringify(marker)}).length;
       if (runs > 1 && runs < 5) { console.error('cannot go on'); process.exit(4); } ${LINES_CONNECTOR}`,
      { restart: { delayMs: 10, maxAttempts: 3 } },
    );
    await runner.start();
    const failed = new Promise((resolve) => runner.once('failed', resolve));
    process.kill(runner.health.pid!, 'SIGKILL');
    expect(await failed).toMatchObject({
      code: 'ERR_CONNECTOR_EXITED',
      message: expect.stringContaining('cannot go on') as string,
    });
    expect(readFileSync(marker, 'utf8')).toHaveLength(4);
    expect(runner.health).toMatchObject({ state: 'failed', processAlive: false, pid: undefined });
    const codes: string[] = [];
    for (let event = runner.nextEventNowait(); event; event = runner.nextEventNowait())
      if (event.type === 'error') codes.push(event.code);
    expect(codes).toEqual(['connector_process_died', 'connector_restart_failed']);
    await runner.start();
    expect(runner.health.state).toBe('running');
  });

  it('fails to start where there is no binary', async () => {
    const runner = new ConnectorRunner({ kind: 'sim', binary: scratchFile('missing') });
    await expect(runner.start()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_NOT_FOUND' });
    await runner.stop();
    expect(await runner.nextEvent(1_000)).toBeUndefined();
  });

  it('leaves out what is not of the protocol, counts it and goes on', async () => {
    const runner = make(
      `console.log('warming up'); console.log('{"type":"status","status":"ready"}');
       console.log('{"type":"trade","price":"x"}'); console.log('oops');
       console.log('{"type":"error","code":"rate_limited","message":"slow down"}');
       process.stdout.write('{"type":"trade","timestamp":1,"symbol":"A","price":1,');
       setTimeout(() => process.stdout.write('"qty":1,"side":"buy","id":"i"}\\r\\n'), 50);
       process.stdin.resume();`,
    );
    await runner.start();
    expect(await next(runner, 'error')).toMatchObject({ code: 'invalid_line' });
    expect(await next(runner, 'error')).toMatchObject({ message: expect.stringContaining('nothing') as string }); // prettier-ignore
    expect(await next(runner, 'error')).toMatchObject({ message: 'not JSON' });
    expect(await next(runner, 'error')).toMatchObject({ code: 'rate_limited' });
    expect(await next(runner, 'trade')).toMatchObject({ id: 'i' });
    expect(runner.health).toMatchObject({ errorCount: 4, invalidLines: 3, events: 1 });
  });

  it('keeps its queue bounded for a slow consumer: trades go and are counted, books stay right', async () => {
    const count = 50_000;
    const runner = make(trades(count), { queueCapacity: 100 });
    await runner.start();
    await until(() => runner.health.events === 2 * count, 'all events', 30_000);
    expect(runner.health.queueSize).toBeLessThanOrEqual(100);
    const books = new Map<string, Map<number, number>>();
    let merged = 0;
    let seen = 0;
    let notices = 0;
    for (let event = runner.nextEventNowait(); event; event = runner.nextEventNowait()) {
      if (event.type === 'trade') seen += 1;
      if (event.type === 'error') notices += 1;
      if (event.type !== 'depth') continue;
      merged += event.merged;
      const book = books.get(event.symbol) ?? new Map<number, number>();
      books.set(event.symbol, book);
      for (const [price, qty] of event.bids) book.set(price, qty);
    }
    expect(merged).toBe(count);
    // Besides trades the notices of the loss themselves may have had to go.
    expect(seen + runner.health.dropped).toBeGreaterThanOrEqual(count);
    expect(runner.health.dropped).toBeGreaterThan(count / 2);
    expect(runner.health.errorCount).toBeGreaterThan(0);
    expect(notices).toBeLessThanOrEqual(runner.health.errorCount);
    for (const [symbol, odd] of [
      ['A', 1],
      ['B', 0],
    ] as const) {
      const expected = new Map<number, number>();
      for (let i = 1; i <= count; i += 1) if (i % 2 === odd) expected.set((i % 7) + 1, i);
      expect(new Map([...books.get(symbol)!].sort())).toEqual(new Map([...expected].sort()));
    }
  });

  it('ends its process when it is stopped, in every state and more than once', async () => {
    const idle = make();
    await idle.stop();
    await expect(idle.start()).rejects.toMatchObject({ code: 'ERR_CLOSED' });

    const starting = make(`setInterval(() => {}, 1000);`);
    const start = starting.start().catch((error: unknown) => error);
    await until(() => starting.health.processAlive, 'its process');
    const { pid } = starting.health;
    await Promise.all([starting.stop(), starting.stop()]);
    expect(await start).toMatchObject({ code: 'ERR_CLOSED' });
    expect(isAlive(pid!)).toBe(false);
    expect(starting.health.state).toBe('stopped');

    const dead = make(LINES_CONNECTOR, { restart: { delayMs: 10_000 } });
    await dead.start();
    process.kill(dead.health.pid!, 'SIGKILL');
    await until(() => dead.health.state === 'restarting', 'its death');
    await dead.stop();
    expect(dead.health).toMatchObject({ state: 'stopped', processAlive: false });
  });

  it('lets it end in order, and ends it by force when it does not', async () => {
    const marker = scratchFile('end');
    const inOrder = make(
      `process.on('SIGTERM', () => { require('fs').writeFileSync(${JSON.stringify(marker)}, 'in order'); process.exit(0); });
       console.log('{"type":"status","status":"ready"}'); setInterval(() => {}, 1000);`,
    );
    await inOrder.start();
    await inOrder.stop();
    expect(readFileSync(marker, 'utf8')).toBe('in order');

    const stubborn = make(
      `process.on('SIGTERM', () => {}); console.log('{"type":"status","status":"ready"}'); setInterval(() => {}, 1000);`,
      { stopTimeoutMs: 100 },
    );
    await stubborn.start();
    const { pid } = stubborn.health;
    await stubborn.stop();
    expect(isAlive(pid!)).toBe(false);
  });

  it('iterates until it is stopped', async () => {
    const runner = make(trades(3));
    await runner.start();
    const types: string[] = [];
    for await (const event of runner) {
      types.push(event.type);
      if (event.type === 'status' && event.status === 'end') void runner.stop();
    }
    expect(types.filter((type) => type === 'trade')).toHaveLength(3);
    expect(types.at(-1)).toBe('status');
  });

  it.each(['BTCUSDT_260925', 'BTC-25SEP26', '币安人生USDT'])('subscribes %s', async (symbol) => {
    const runner = make();
    runner.subscribe('trades', symbol);
    await runner.start();
    expect(await next(runner, 'trade')).toMatchObject({ symbol });
  });

  it('refuses symbols and capacities that make no sense', () => {
    expect(() => {
      make().subscribe('trades', 'BTC"USDT');
    }).toThrow('symbol');
    expect(() => {
      make().subscribe('trades', '');
    }).toThrow('symbol');
    expect(() => make(LINES_CONNECTOR, { queueCapacity: 0 })).toThrow('queueCapacity');
  });
});

describe('room in a full queue', () => {
  const trade = (id: number): RunnerTrade => ({
    type: 'trade',
    timestampMs: id,
    symbol: 'A',
    price: 1,
    qty: 1,
    side: 'buy',
    isBuyerMaker: false,
    id: String(id),
  });
  const depth = (id: number, change: Partial<RunnerDepth>): RunnerDepth => ({
    type: 'depth',
    timestampMs: id,
    symbol: 'A',
    bids: [],
    asks: [],
    lastUpdateId: id,
    snapshot: false,
    merged: 1,
    ...change,
  });

  it('merges depth per symbol in the place of the first, newest quantity last, deletions kept', () => {
    const { items, dropped, conflated } = makeRunnerRoom([
      trade(1),
      depth(2, { bids: [[10, 1], [9, 2]] }), // prettier-ignore
      trade(3),
      depth(4, { symbol: 'B', asks: [[11, 1]] }),
      depth(5, { bids: [[10, 0]], asks: [[12, 3]] }),
    ]);
    expect({ dropped, conflated }).toEqual({ dropped: 1, conflated: 1 });
    expect(items).toEqual([
      depth(5, { bids: [[10, 0], [9, 2]], asks: [[12, 3]], merged: 2 }), // prettier-ignore
      trade(3),
      depth(4, { symbol: 'B', asks: [[11, 1]] }),
    ]);
  });

  it('forgets what came before a snapshot, and keeps no empty levels in it', () => {
    const { items } = makeRunnerRoom([
      depth(1, { bids: [[1, 1]] }),
      depth(2, { bids: [[10, 1], [9, 2]], snapshot: true }), // prettier-ignore
      depth(3, { bids: [[10, 0]], asks: [[12, 3]] }),
    ]);
    expect(items).toEqual([
      depth(3, { bids: [[9, 2]], asks: [[12, 3]], snapshot: true, merged: 3 }),
    ]);
  });

  it('is found among errors as well, when nothing else is there', () => {
    const errors = Array.from({ length: 10 }, (_, i) => ({
      type: 'error' as const,
      code: String(i),
      message: '',
    }));
    const { items, dropped } = makeRunnerRoom(errors);
    expect(dropped).toBe(5);
    expect(items).toEqual(errors.slice(5));
  });
});
