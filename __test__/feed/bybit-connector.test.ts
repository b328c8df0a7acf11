import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { BYBIT_BACKOFF, BybitConnector } from '../../lib/feed/bybit-connector.js';
import type { FeedEvent } from '../../lib/feed/feed-event.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import type { RunnerDepth, RunnerTrade } from '../../lib/connector/runner-event.js';
import { HftError } from '../../lib/models/hft-error.js';
import { until } from '../support/until.js';
import { FakeRunner } from './fake-runner.js';
import { logLines } from './log-lines.js';

const TRADE: RunnerTrade = {
  type: 'trade',
  timestampMs: 1_700_000_000_000,
  symbol: 'BTCUSDT',
  price: 100,
  qty: 1,
  side: 'sell',
  isBuyerMaker: true,
  id: 'x1',
};
const DEPTH: RunnerDepth = {
  type: 'depth',
  timestampMs: 1_700_000_000_001,
  symbol: 'BTCUSDT',
  bids: [[99, 1]],
  asks: [[101, 2]],
  lastUpdateId: 5,
  snapshot: true,
  merged: 1,
};

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((stream) => stream.stop()));
});

function setUp(options: ConstructorParameters<typeof BybitConnector>[0] = {}) {
  const runners: FakeRunner[] = [];
  const publicOnly: boolean[] = [];
  const log = logLines();
  const connector = new BybitConnector({
    logger: log.logger,
    makeRunner: (isPublic) => {
      publicOnly.push(isPublic);
      const runner = new FakeRunner();
      runners.push(runner);
      return runner;
    },
    ...options,
  });
  const stream = new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    pollIntervalMs: 5,
    backoff: { baseMs: 5, maxMs: 20 },
    logger: log.logger,
  });
  open.push(stream);
  return { connector, stream, runners, publicOnly, log };
}

describe('BybitConnector', () => {
  it('starts the runner, subscribes, and passes on trades and depth', async () => {
    const { stream, runners } = setUp();
    const events = stream.events();
    await stream.start();
    expect(runners[0]?.calls).toEqual([
      'start',
      'subscribe trades BTCUSDT',
      'subscribe depth BTCUSDT',
    ]);
    runners[0]!.report(TRADE);
    runners[0]!.report(DEPTH);
    expect((await events.next()).value).toMatchObject({
      type: 'trade',
      source: 'bybit',
      timestampMs: 1_700_000_000_000,
      side: 'sell',
      isBuyerMaker: true,
      id: 'x1',
    });
    expect((await events.next()).value).toMatchObject({
      type: 'depth',
      snapshot: true,
      lastUpdateId: 5,
      asks: [{ price: 101, qty: 2 }],
    });
  });

  it('gives the health of runner and process', async () => {
    const { connector, stream, runners } = setUp();
    expect(connector.health).toMatchObject({ connected: false, eventCounter: 0 });
    await stream.start();
    runners[0]!.report(TRADE);
    expect(connector.health).toMatchObject({
      connected: true,
      subscribedTrades: ['BTCUSDT'],
      subscribedDepth: ['BTCUSDT'],
      eventCounter: 1,
      details: { backend: 'bybit', processAlive: true, pid: 4_711, publicOnly: false },
    });
    await stream.stop();
    expect(runners[0]?.calls.at(-1)).toBe('stop');
    expect(connector.health).toMatchObject({ connected: false, eventCounter: 1 });
  });

  it('wants to be reconnected after 0.5 s up to 10 s, five times', () => {
    expect(new BybitConnector({ logger: false }).backoff).toBe(BYBIT_BACKOFF);
    expect(BYBIT_BACKOFF).toEqual({ baseMs: 500, maxMs: 10_000, maxAttempts: 5 });
  });

  it('reports the death of the process and goes on when it runs again', async () => {
    const { stream, runners, log } = setUp();
    const events: FeedEvent[] = [];
    stream.on('trade', (tick) => events.push(tick));
    await stream.start();
    const runner = runners[0]!;
    runner.state = 'restarting';
    runner.report({ type: 'error', code: 'bybit_connector_process_died', message: 'SIGKILL' });
    await until(() => stream.state === 'reconnecting', 'the loss');
    expect(stream.health.connected).toBe(false);
    await sleep(40);
    runner.state = 'running';
    await until(() => stream.health.connected, 'the return');
    runner.report(TRADE);
    await until(() => events.length === 1, 'the trade');
    expect(runners.length).toBe(1);
    expect(log.named('connector_error')).toMatchObject([
      { error: 'bybit: bybit_connector_process_died: SIGKILL' },
    ]);
  });

  it('makes a new runner when the old one was given up', async () => {
    const { stream, runners } = setUp();
    await stream.start();
    runners[0]!.state = 'failed';
    await until(() => stream.health.reconnections === 1, 'the return');
    expect(runners.length).toBe(2);
    expect(runners[1]?.calls).toContain('subscribe trades BTCUSDT');
  });

  it('goes back to public data when Bybit refuses the keys', async () => {
    const { connector, stream, runners, publicOnly, log } = setUp();
    await stream.start();
    runners[0]!.report({ type: 'error', code: '401', message: 'invalid api key' });
    await until(() => stream.health.reconnections === 1, 'the return');
    expect(publicOnly).toEqual([false, true]);
    expect(runners[0]?.calls).toContain('stop');
    expect(connector.health.details).toMatchObject({ publicOnly: true });
    expect(log.named('connector_public_only')).toHaveLength(1);
    const events = stream.events();
    runners[1]!.report(TRADE);
    expect((await events.next()).value).toMatchObject({ type: 'trade' });
  });

  it('does so as well when the process reports it as a notice', async () => {
    const { stream, runners, publicOnly } = setUp();
    await stream.start();
    const details = { code: 10003, message: 'API key is invalid.' };
    runners[0]!.report({ type: 'status', status: 'notice', details });
    await until(() => stream.health.reconnections === 1, 'the return');
    expect(publicOnly).toEqual([false, true]);
  });

  it('is disconnected while the process has lost the venue, and keeps the process', async () => {
    const { stream, runners } = setUp();
    const events: FeedEvent[] = [];
    stream.on('trade', (tick) => events.push(tick));
    stream.on('depth', (update) => events.push(update));
    await stream.start();
    const runner = runners[0]!;
    runner.report({ type: 'status', status: 'down', details: { message: 'reset by peer' } });
    await until(() => stream.state === 'reconnecting', 'the loss');
    expect(stream.health).toMatchObject({ connected: false, lastError: 'reset by peer' });
    await sleep(60);
    expect(stream.health.connected).toBe(false);
    runner.report({ type: 'status', status: 'up', details: {} });
    runner.report(DEPTH);
    await until(() => events.length === 1, 'the book');
    expect(events[0]).toMatchObject({ type: 'depth', snapshot: true });
    expect(runners.length).toBe(1);
    expect(runner.calls).not.toContain('stop');
  });

  it('logs rate limits and goes on', async () => {
    const { connector, stream, runners, log } = setUp();
    const events = stream.events();
    await stream.start();
    runners[0]!.report({ type: 'error', code: '10006', message: 'too many visits' });
    runners[0]!.report(TRADE);
    expect((await events.next()).value).toMatchObject({ type: 'trade' });
    expect(log.named('connector_rate_limited')).toMatchObject([{ code: '10006' }]);
    expect(connector.health.details).toMatchObject({ rateLimits: 1 });
    expect(stream.health.reconnections).toBe(0);
  });

  it('takes the stub when there is no binary and it may, says it loudly, and names it on events', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const missing = new FakeRunner();
    missing.failWith = new HftError('ERR_CONNECTOR_NOT_FOUND', 'no connector binary found');
    const { connector, stream, log } = setUp({
      logger: false,
      makeRunner: () => missing,
      fallbackToStub: true,
      stub: { stub: { pace: 'asap' } },
    });
    const events = stream.events();
    await stream.start();
    expect((await events.next()).value).toMatchObject({ source: 'bybit-stub' });
    expect(connector.health).toMatchObject({ connected: true, details: { backend: 'stub' } });
    expect(warn.mock.calls[0]?.[0]).toContain('MADE-UP DATA');
    expect(log.named('connector_connected')).toHaveLength(1);
    await stream.stop();
    warn.mockRestore();
  });

  it('finds no binary for real where there is none', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const env = { HFTBACKTEST_LIVE_CONNECTOR: '/nowhere/connector' };
    const connector = new BybitConnector({ logger: false, fallbackToStub: true, runner: { env } });
    await connector.connect();
    expect(connector.name).toBe('bybit-stub');
    await connector.disconnect();
    expect(connector.name).toBe('bybit');
    warn.mockRestore();
  });

  it.each([undefined, false])('fails at once instead with fallbackToStub: %s', async (may) => {
    const env = { HFTBACKTEST_LIVE_CONNECTOR: '/nowhere/connector' };
    const asked = may === undefined ? {} : { fallbackToStub: may };
    const connector = new BybitConnector({ logger: false, ...asked, runner: { env } });
    const stream = new HFTConnectorStream(connector, { symbols: ['BTCUSDT'], logger: false });
    open.push(stream);
    const events: FeedEvent[] = [];
    stream.on('trade', (tick) => events.push(tick));
    const beganMs = performance.now();
    await expect(stream.start()).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_NOT_FOUND',
      message: expect.stringContaining('/nowhere/connector') as string,
    });
    // A retry would come after 500 ms.
    expect(performance.now() - beganMs).toBeLessThan(450);
    expect([stream.state, connector.name, events]).toEqual(['failed', 'bybit', []]);
  });

  it('shows keys in no health and no log', async () => {
    const secrets = { BYBIT_API_KEY: 'canary-key-1', BYBIT_API_SECRET: 'canary-secret-1' };
    const log = logLines('debug', secrets);
    const runner = new FakeRunner();
    const connector = new BybitConnector({
      logger: log.logger,
      runner: { apiKey: 'canary-key-1', apiSecret: 'canary-secret-1' },
      makeRunner: () => runner,
    });
    await connector.connect();
    runner.report({ type: 'error', code: '10006', message: 'key canary-key-1' });
    await connector.nextEvent(10);
    expect(JSON.stringify(connector.health) + log.texts.join('')).not.toContain('canary');
    await connector.disconnect();
  });
});
