// Whoever adds an object of options to the public API adds it here, with a call that refuses a name
// that it does not have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { resolveBackend } from '../../lib/bot/create.js';
import { bybitConnectorSettings } from '../../lib/connector/bybit-connector-settings.js';
import { createFeedLogger } from '../../lib/feed/feed-logger.js';
import { feedSettings } from '../../lib/feed/feed-settings.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { checkInstrument } from '../../lib/models/live-instrument.js';
import * as feed from '../../lib/feed/index.js';
import * as main from '../../lib/index.js';
import * as server from '../../lib/server/index.js';
import * as testing from '../../lib/testing/index.js';
import { FakeSource } from '../server/fake-source.js';
import { publicParameters } from '../support/public-parameters.js';

const folder = mkdtempSync(path.join(tmpdir(), 'options-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const spec = {
  symbol: 'BTCUSDT',
  connector: 'fake',
  tickSize: 0.1,
  lotSize: 0.001,
  lastTradesCapacity: 0,
};
const instruments = [spec];
const order = { orderId: 1n, side: 'buy' as const, price: 100, qty: 1 };
const stubFeed = (name: string): feed.Feed =>
  new feed.HFTConnectorStream(new feed.StubbedConnector({ name }), {
    symbols: ['A'],
    logger: false,
  });
const client = (more: object): main.LiveClient => new main.LiveClient({ instruments, ...more });
const stubBot = (more: object = {}): main.StubConnectorBot =>
  new main.StubConnectorBot({ instruments, pace: 'asap', ...more });
const stream = (more: object): unknown =>
  new feed.HFTConnectorStream(new feed.StubbedConnector(), { symbols: ['A'], ...more });

/** Each with a call that hands over one field more. */
const CASES: Readonly<Record<string, (more: object) => unknown>> = {
  InstrumentSpec: (more) => checkInstrument({ ...spec, ...more }),
  Draft: (more) => new main.LiveInstrument('BTCUSDT', more),
  'what InstrumentSpec.roi takes': (more) =>
    checkInstrument({ ...spec, roi: { lb: 1, ub: 2, ...more } }),
  BotOptions: (more) => new main.HashMapMarketDepthLiveBot({ instruments, ...more }),
  WaitOptions: (more) => stubBot({ wait: more }),
  StubBotOptions: (more) => stubBot(more),
  CreateOptions: (more) => main.create({ instruments, backend: 'stub', ...more }),
  BackendWishes: (more) => resolveBackend('stub', more),
  StubOptions: (more) => main.create({ instruments, backend: 'stub', stub: more }),
  NpzOptions: (more) => {
    const data = main.generateStubData(instruments, { maxFeeds: 1 });
    main.saveStubNpz(path.join(folder, 'stub.npz'), data, 0, more);
  },
  OrderRequest: (more) => stubBot().submitOrder(0, { ...order, ...more }),
  OrderWait: (more) => stubBot().submitOrder(0, order, { timeoutMs: 1, ...more }),
  RunLiveOptions: (more) =>
    main.runLive({ instruments, backend: 'stub', strategy: 'no-such-file.js', ...more }),
  WatchRunOptions: (more) => {
    const run = main.runLive({ instruments, backend: 'stub', strategy: 'no-such-file.js' });
    run.catch(() => undefined);
    return main.watchRun(run, more);
  },
  StrategyLoopOptions: (more) => main.runStrategyLoop(stubBot(), {}, more),
  LiveClientOptions: (more) => client(more),
  RateLimit: (more) => client({ orderRateLimit: { perSecond: 1, ...more } }),
  QueueSettings: (more) => client({ queues: { trade: more } }),
  Readonly: (more) => client({ queues: more }),
  OwnedConnectorOptions: (more) => client({ connector: { kind: 'sim', name: 'fake', ...more } }),
  ConnectorRestart: (more) =>
    client({ connector: { kind: 'sim', name: 'fake', restart: { ...more } } }),
  NewOrder: async (more) => {
    const running = client({ backend: 'stub' });
    await running.start();
    try {
      return await running.submitOrder({ ...order, ...more });
    } finally {
      await running.close();
    }
  },
  OrderChange: async (more) => {
    const running = client({ backend: 'stub' });
    await running.start();
    try {
      return await running.modifyOrder(1n, { qty: 1, ...more });
    } finally {
      await running.close();
    }
  },
  QuoteOptions: (more) => main.planQuotes([], [], { tickSize: 1, lotSize: 1 }, more),
  SendQuoteOptions: async (more) => {
    const running = client({ backend: 'stub' });
    await running.start();
    try {
      return await running.quote([], more);
    } finally {
      await running.close();
    }
  },
  OrderListOptions: (more) => client({}).getOrders(undefined, more),
  ConnectorProcessOptions: (more) => new main.ConnectorProcess({ args: [], ...more }),
  'what ConnectorProcessOptions.mustBe takes': (more) =>
    new main.ConnectorProcess({ args: [], mustBe: { kind: 'sim', ...more } }),
  ConnectorRunnerOptions: (more) => new main.ConnectorRunner({ kind: 'sim', ...more }),
  RunnerSizes: (more) => {
    new main.ConnectorRunner({ kind: 'sim' }).subscribe('depth', 'BTCUSDT', more);
  },
  BybitConnectorRunnerOptions: (more) => new main.BybitConnectorRunner(more),
  BybitConnectorOptions: (more) => bybitConnectorSettings(more, {}),
  RecorderOptions: (more) =>
    new main.Recorder({ folder, symbol: 'A', tickSize: 1, lotSize: 1, ...more }),
  StreamOptions: (more) => stream(more),
  Backoff: (more) => stream({ backoff: more }),
  FeedLogLimits: (more) => stream({ logLimits: more }),
  StubbedConnectorOptions: (more) => new feed.StubbedConnector(more),
  Omit: (more) => new feed.StubbedConnector({ stub: more }),
  StubFaults: (more) => new feed.StubbedConnector({ faults: more }),
  ContextOptions: (more) => new feed.ContextService(more),
  BackfillOptions: (more) =>
    new feed.ContextService().backfill([], {
      dataSource: 'other',
      fetchTrades: () => Promise.resolve([]),
      ...more,
    }),
  CompositeOptions: (more) => new feed.SwitchableFeed([stubFeed('a')], more),
  SwitchOptions: (more) => new feed.SwitchableFeed([stubFeed('a')]).switchTo(stubFeed('b'), more),
  Pick: (more) => {
    const [one, two] = [stubFeed('a'), stubFeed('b')];
    return new feed.FailoverFeed(one, [two]).switchTo(two, more);
  },
  MergedFeedOptions: (more) => new feed.MergedFeed([stubFeed('a')], more),
  FailoverOptions: (more) => new feed.FailoverFeed(stubFeed('a'), [stubFeed('b')], more),
  NormalizerOptions: (more) => normalizeEvent({}, { source: 'a', ...more }),
  FeedLoggerOptions: (more) => createFeedLogger(more),
  BybitFeedOptions: (more) => new feed.BybitConnector(more),
  NativeConnectorOptions: (more) =>
    new feed.NativeConnector({ clientOptions: { instruments }, ...more }),
  StrategyEngineOptions: (more) => new feed.StrategyEngine(more),
  FeedSettingsOptions: (more) => feedSettings(more, {}),
  CreateFeedOptions: (more) => feed.createFeed({ env: {}, ...more }),
  Partial: (more) => feed.createFeed({ env: {}, stream: more }),
  ConsumerOptions: (more) => stubFeed('a').events(more),
  BinanceOptions: (more) => new feed.BinanceWsStream(more),
  LiveServerOptions: (more) => new server.LiveServer(new FakeSource(), more),
  TestOptions: (more) =>
    testing.testStrategy(
      { onBatch: () => undefined },
      { venue: testing.sim(), seconds: 1, ...more },
    ),
  SimOptions: (more) => testing.sim(more),
  SimInstrument: (more) => testing.sim({ instruments: [{ symbol: 'A', ...more }] }),
  SimLatency: (more) => testing.sim({ latencyMs: more }),
  ReplayOptions: (more) => testing.replay({ files: [], instruments, ...more }),
  FeedSteps: (more) => new server.FeedSource(stubFeed('a'), ['A'], more),
};

/** What is handed over and is no object of options. */
const VALUES: readonly string[] = [
  // Events, results and data of this package, and what is read from them.
  ...['BookLevel', 'DepthUpdate', 'FeedEvent', 'TradeTick', 'RecordedTrade'],
  ...[
    'FeedHealth',
    'FeedMetrics',
    'OrderLeft',
    'FeedSettings',
    'StubData',
    'StubFeed',
    'Instruments',
  ],
  // What a user writes with methods and fields of his own.
  ...['Bot', 'Strategy', 'ConnectorWrapper', 'FeedLogger', 'FeedStrategy', 'ServerSource'],
  ...['RunnerPort', 'DataSourceParts'],
  // What classes of this package hand to each other.
  ...['EventQueue', 'KnownKeys', 'LiveRun'],
  // What `sim` and `replay` make, and `faults`.
  ...['TestVenue', 'OrderToSend', 'Fault'],
  // An error that throws another one would hide what it is about.
  'HftErrorOptions',
];

describe('an object of options', () => {
  const parameters = publicParameters(
    ['lib/index.ts', 'lib/feed/index.ts', 'lib/server/index.ts', 'lib/testing/index.ts'],
    VALUES,
  );

  it('of the public API is one that is tried here', () => {
    const unknown = [...parameters].filter(([name]) => !(name in CASES));
    expect(unknown.map(([name, where]) => `${name}, of ${where}`)).toEqual([]);
  });

  it.each(Object.keys(CASES))('%s refuses a name that it does not have', async (name) => {
    let thrown: unknown;
    try {
      await CASES[name]?.({ symbolls: 1 });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/symbolls: there is no such option\. \S/) as string,
    });
  });
});
