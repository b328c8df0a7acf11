// The feed against what its description promised: 1000 trades/s and 50 ms from venue to strategy.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The figures that were promised. */
const PROMISED_PER_SECOND = 1_000;
const PROMISED_LATENCY_MS = 50;

/** Trades and updates as fast as they are taken. */
class Endless {
  name = 'endless';
  #left;
  #connected = false;
  #next = 0;

  constructor(count) {
    this.#left = count;
  }

  async connect() {
    this.#connected = true;
  }

  async disconnect() {
    this.#connected = false;
  }

  async subscribeTrades() {}

  async subscribeDepth() {}

  get health() {
    const eventCounter = this.#next;
    return { connected: this.#connected, subscribedTrades: [], subscribedDepth: [], eventCounter };
  }

  nextEvent() {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    const id = (this.#next += 1);
    const timestamp = 1_700_000_000_000 + id;
    if (id % 2 === 0)
      return { type: 'trade', symbol: 'A', timestamp, price: 100, qty: 1, side: 'buy', id };
    const bids = [
      [99 - (id % 5) / 10, 1],
      [98, 2],
    ];
    const asks = [
      [101 + (id % 5) / 10, 1],
      [102, id % 3],
    ];
    return {
      type: 'depth',
      symbol: 'A',
      timestamp,
      bids,
      asks,
      lastUpdateId: id,
      snapshot: id === 1,
    };
  }
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Normalised, measured, logged, counted by the context, handled by a strategy: events per second. */
async function throughput({ HFTConnectorStream, ContextService, StrategyEngine, logger }, count) {
  const stream = new HFTConnectorStream(new Endless(count), { symbols: ['A'], logger });
  const context = new ContextService({ logger });
  const engine = new StrategyEngine({ context, logger });
  let seen = 0;
  engine.add({ name: 'count', onTrade: () => (seen += 1), onDepth: () => (seen += 1) });
  context.attach(stream);
  engine.attach(stream);
  const startMs = nowMs();
  await stream.start();
  while (seen < count) await sleep(2);
  const perSecond = (count / (nowMs() - startMs)) * 1000;
  await stream.stop();
  return perSecond;
}

/** From a venue's process over a socket to a handler: latencies in ms, and what was lost. */
async function overSocket({ HFTConnectorStream, BinanceWsStream, logger }, perSecond, seconds) {
  const venue = spawn(process.execPath, [path.join(import.meta.dirname, 'venue.mjs'), perSecond], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(venue.stdout, 'data');
    const port = Number(line.toString());
    const connector = new BinanceWsStream({
      depthUrl: `ws://127.0.0.1:${port}/stream`,
      tradesUrl: `ws://127.0.0.1:${port}/stream`,
      restUrl: `http://127.0.0.1:${port}/api/v3`,
    });
    const stream = new HFTConnectorStream(connector, {
      symbols: ['BTCUSDT'],
      depth: false,
      logger,
    });
    const latencies = [];
    stream.on('trade', ({ qty }) => latencies.push(nowMs() - qty));
    await stream.start();
    await sleep(seconds * 1000);
    const { details } = connector.health;
    await stream.stop();
    latencies.sort((a, b) => a - b);
    const at = (share) => latencies[Math.floor(share * (latencies.length - 1))];
    return {
      count: latencies.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      missed: details.missedTrades,
    };
  } finally {
    venue.stdin.end();
    await once(venue, 'exit');
  }
}

export async function run({ quick }) {
  const feed = await import('../../dist/feed.js');
  // Lines are made as they are by default, and thrown away.
  const parts = { ...feed, logger: feed.createFeedLogger({ write: () => undefined }) };
  await throughput(parts, 100_000);
  const rates = [];
  for (let i = 0; i < (quick ? 1 : 5); i += 1) rates.push(await throughput(parts, 500_000));
  const perSecond = rates.sort((a, b) => a - b)[rates.length >> 1];
  const wanted = 5_000;
  const socket = await overSocket(parts, wanted, quick ? 2 : 10);
  const kept = socket.missed === 0 ? 'none missed' : `${socket.missed} missed`;
  return {
    rows: [
      {
        what: 'connector → strategy, events/s',
        ours: Math.round(perSecond).toString(),
        peer: `${PROMISED_PER_SECOND} promised`,
        ratio: `${(perSecond / PROMISED_PER_SECOND).toFixed(0)}×`,
        goal: '≥ 20×',
        held: perSecond >= 20 * PROMISED_PER_SECOND,
      },
      {
        what: `binance_ws, venue → handler, p99 at ${wanted}/s`,
        ours: `${socket.p99Ms.toFixed(2)} ms`,
        peer: `${PROMISED_LATENCY_MS} ms promised`,
        ratio: `${(socket.p99Ms / PROMISED_LATENCY_MS).toFixed(3)}`,
        goal: '< 1',
        held: socket.p99Ms < PROMISED_LATENCY_MS && socket.missed === 0,
      },
    ],
    notes: [
      `feed: ${socket.count} trades over loopback, p50 ${socket.p50Ms.toFixed(2)} ms, ${kept}; ` +
        `resident memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    ],
  };
}
