// What a user writes compiles against the built package in strict mode, without a cast: `switch` over
// types and outcomes narrows, handlers know their events, an own connector and strategy fit.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

const CLIENT = `
import { LiveClient, LiveInstrument, HftError, type ClientOrder, type NewOrder } from 'hftbacktest-live';

const instrument = new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001);
const client = new LiveClient({
  instruments: [instrument],
  onConnectionLost: ({ connector, reason }) => console.error(connector, reason),
  onError: (error, { source, reported }) => console.error(error.message, source, reported?.text),
});

client
  .on('trade', ({ price, qty, side }) => price * qty * (side === 'buy' ? 1 : -1))
  .on('bookUpdate', ({ bids, asks, reset }) => reset || bids.length + asks.length)
  .on('executionReport', ({ status, leavesQty }) => status === 'filled' && leavesQty === 0)
  .on('orderUpdate', ({ order, previous, current, fill }) => [order.symbol, previous, current, fill?.price])
  .on('bookState', ({ state, previous }) => state === 'live' && previous !== 'live')
  // @ts-expect-error there is no such event
  .on('orders', () => undefined);

async function place(order: NewOrder): Promise<ClientOrder | undefined> {
  const outcome = await client.submitOrder(order, 2_000);
  switch (outcome.status) {
    case 'accepted':
      await client.modifyOrder(outcome.order.orderId, { qty: 0.002 });
      await client.cancelOrder(outcome.order.orderId);
      return outcome.order;
    case 'denied':
      return outcome.rule === 'book_not_live' ? undefined : outcome.order;
    case 'rejected':
      console.error(outcome.code, outcome.text);
      return undefined;
    case 'unknown':
      return outcome.reason === 'timeout' ? outcome.order : undefined;
    case 'filled':
    case 'expired':
      return outcome.order;
  }
}

export async function main(): Promise<number> {
  await client.start();
  await client.ready(5_000);
  const position = await client.get('position', 1_000);
  const held: number = position === undefined ? client.getPosition('BTCUSDT') : position.qty;
  const [best] = client.snapshot().bids;
  if (best !== undefined && client.snapshot().synced)
    await place({ instrument: 'BTCUSDT', side: 'buy', price: best.price, qty: 0.001, timeInForce: 'GTX' });
  // @ts-expect-error a limit order has a side
  const wrong: NewOrder = { price: 1, qty: 1 };
  for await (const event of client.events()) {
    switch (event.type) {
      case 'trade':
        return event.price + held;
      case 'orderUpdate':
        if (event.fill !== undefined) return event.fill.qty;
        break;
      case 'connectionLost':
      case 'connectionRestored':
        console.error(event.connector, event.symbols.join());
        break;
      case 'balance': {
        const equity: number | undefined = event.equity;
        console.log(event.coin ?? 'account', equity);
        break;
      }
      case 'error':
        if (event.error instanceof HftError && event.error.code === 'ERR_CONNECTOR_DOWN') return NaN;
        break;
      // @ts-expect-error no event has this type
      case 'book_reset':
        break;
      default:
    }
  }
  return wrong.qty;
}
`;

const STRATEGY = `
import { eventFromView, type OrderId, type Strategy, type StrategyFactory } from 'hftbacktest-live';

interface Options {
  readonly qty: number;
}

export const createStrategy: StrategyFactory<Options> = ({ qty }): Strategy => {
  let resting: OrderId | undefined;
  return {
    timerMs: 100,
    onTrade(ctx, trade) {
      const kept = eventFromView(trade, ctx.instruments);
      if (kept?.type === 'trade') ctx.log('trade', { price: kept.price });
    },
    onLevel: (ctx, level) => {
      if (level.qty === 0 && level.side === 'buy') ctx.log('a bid is gone');
    },
    onBatch(ctx) {
      const { bestBid, synced } = ctx.depth('BTCUSDT');
      if (!synced || resting !== undefined) return;
      resting = ctx.submit({ side: 'buy', price: bestBid, qty });
    },
    onExecutionReport(ctx, order) {
      if (order.orderStatus === 'new') ctx.modify(order.orderId, { qty: qty * 2 });
      if (order.execQty > 0) ctx.cancel(order.orderId);
    },
    onStop: (ctx) => {
      const equity: number | undefined = ctx.balance('USDT')?.equity;
      ctx.log('end', { equity, position: ctx.position(0) });
      ctx.cancelAll();
    },
  };
};

// @ts-expect-error there is no such handler
export const misspelt: Strategy = { onBookUpdate: () => undefined };
`;

const FEED = `
import { HFTConnectorStream, StrategyEngine, type ConnectorWrapper, type RawFeedEvent } from 'hftbacktest-live/feed';
import { FeedSource, LiveServer } from 'hftbacktest-live/server';

class Quotes implements ConnectorWrapper {
  readonly name = 'quotes';
  connected = false;
  async connect(): Promise<void> {
    this.connected = true;
  }
  async disconnect(): Promise<void> {
    this.connected = false;
  }
  async subscribeTrades(_symbol: string): Promise<void> {}
  async subscribeDepth(_symbol: string): Promise<void> {}
  async nextEvent(): Promise<RawFeedEvent | undefined> {
    return { type: 'trade', timestamp: 1_700_000_000_000, price: 1, qty: 1, side: 'buy', id: '1' };
  }
  get health() {
    return { connected: this.connected, subscribedTrades: ['A'], subscribedDepth: [], eventCounter: 0, queueSize: 0 };
  }
}

const feed = new HFTConnectorStream(new Quotes(), { symbols: ['A'], logger: false });
const engine = new StrategyEngine({ logger: false });
engine.add({
  name: 'sum',
  onTrade: (ctx, tick) => ctx.logger.info({ event: 'sum', price: tick.price }),
  onDepth: (ctx, update) => ctx.market?.snapshot(update.symbol)?.mid,
});
engine.attach(feed);
feed.on('stale', ({ silentMs }) => silentMs).on('live', ({ source }) => source);
export async function main(): Promise<number> {
  await feed.start();
  for await (const tick of feed.stream('trade')) return tick.price;
  const server = new LiveServer(new FeedSource(feed, ['A']));
  return server === undefined ? 0 : 1;
}
`;

const TESTING = `
import type { Strategy, StrategyFactory } from 'hftbacktest-live';
import { faults, sim, testStrategy, type Fault, type TestKit, type TestRun } from 'hftbacktest-live/testing';

const create: StrategyFactory = (): Strategy => ({ onBatch: (ctx) => void ctx.quote([]) });
const jump: Fault = faults.clockJump(-1_000);
function script(kit: TestKit): void {
  kit.at(1, jump);
  kit.at(2, () => kit.fault(faults.gap()));
  kit.onOrder(({ side, qty }) => side === 'buy' && qty > 0, faults.reject(9001, 'busy'));
}
export async function main(): Promise<number> {
  const run: TestRun = await testStrategy(create, { venue: sim({ seed: 7 }), seconds: 60, script });
  const [request] = run.requests;
  if (request?.type === 'modify') return request.price * request.qty;
  // @ts-expect-error a venue is required
  await testStrategy(create, { seconds: 60 });
  return run.orders.filter(({ reject }) => reject?.code === 9001).length + run.summary.fills;
}
`;

const PROGRAMS = { client: CLIENT, strategy: STRATEGY, feed: FEED, testing: TESTING };
const RESOLUTIONS = [
  ['node16, ES modules', 'mts', ts.ModuleKind.Node16, ts.ModuleResolutionKind.Node16],
  ['node16, CommonJS', 'cts', ts.ModuleKind.Node16, ts.ModuleResolutionKind.Node16],
  ['a bundler', 'ts', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
] as const;

describe('a program of a user, in strict mode and without a cast', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'consumer-types-'));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(ROOT, path.join(folder, 'node_modules', 'hftbacktest-live'));
    symlinkSync(
      path.join(ROOT, 'node_modules', '@types'),
      path.join(folder, 'node_modules', '@types'),
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(RESOLUTIONS)('compiles with %s', (_, extension, module, moduleResolution) => {
    const files = Object.entries(PROGRAMS).map(([name, text]) => {
      const file = path.join(folder, `${name}.${extension}`);
      writeFileSync(file, text);
      return file;
    });
    const program = ts.createProgram(files, {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noImplicitReturns: true,
      noEmit: true,
      typeRoots: [path.join(folder, 'node_modules', '@types')],
      types: ['node'],
    });
    const ours = program
      .getSourceFiles()
      .map(({ fileName }) => fileName)
      .filter((name) => name.startsWith(path.join(ROOT, 'dist')));
    expect(ours.length, 'declarations of the package').toBeGreaterThan(2);
    const found = [...files, ...ours].flatMap((file) =>
      program
        .getSemanticDiagnostics(program.getSourceFile(file))
        .map(({ messageText, start, file: source }) => {
          const line = source?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
          return `${path.basename(file)}:${String(line + 1)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
        }),
    );
    expect(found).toEqual([]);
  });

  it.each(Object.entries(PROGRAMS))('%s has none', (_, text) => {
    expect(text).not.toMatch(/\bas (?!const\b)\w|<any>|: any\b/);
  });
});
