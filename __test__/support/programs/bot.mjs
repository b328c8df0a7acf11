// A low-level bot in a process of its own, driven by the calls of `BotProcess`. It waits all the
// time, keeps every record that is not plain market data, and a digest of that which is.
import process from 'node:process';
import { create, RecordKind } from '../../../dist/index.js';

/** Waits in slices this long, so that a call is answered soon. */
const TURN_NS = 5_000_000;

let bot;
const log = [];
/** Market data that came to every bot: sequence number and a hash of what it said. */
const feed = [];
let batches = 0;

function keep(view) {
  const { kind } = view;
  const isMarket = kind === RecordKind.Trade || kind === RecordKind.Depth;
  if (isMarket && !view.isSnapshot && !view.isSynthetic) {
    feed.push([Number(view.seq), `${kind} ${view.asset} ${view.isBuy} ${view.price} ${view.qty}`]);
    return;
  }
  log.push({
    kind,
    batch: batches,
    asset: view.asset,
    side: view.side,
    flags: view.flags,
    status: view.statusCode,
    orderStatus: kind === RecordKind.Order ? view.orderStatus : null,
    px: view.price,
    qty: view.qty,
    leavesQty: view.leavesQty,
    execQty: view.execQty,
    orderId: view.orderId,
    value: view.value,
    text: view.text(),
    seq: Number(view.seq),
    atNs: bot.monotonicNs(),
  });
}

const calls = {
  open(options) {
    bot = create({ backend: 'native', ...options });
    return bot.botId;
  },
  book(asset, levels = 2000) {
    const depth = bot.depth(asset);
    const { bestBid, bestAsk, synced } = depth;
    return { bestBid, bestAsk, synced, ...depth.levels(levels) };
  },
  log: (from) => log.slice(from),
  lastSeq: () => feed.at(-1)?.[0] ?? 0,
  /** What came to all bots from one sequence number to another, both included. */
  feed: (first, last) => feed.filter(([seq]) => seq >= first && seq <= last),
};

process.on('message', ({ id, method, args }) => {
  try {
    const value = calls[method] === undefined ? bot[method](...args) : calls[method](...args);
    process.send({ id, value });
  } catch (error) {
    process.send({ id, error: { code: error.code, message: error.message } });
  }
});
process.once('disconnect', () => process.exit());

function turn() {
  if (bot !== undefined && !bot.closed) {
    for (const view of bot.waitBatch(TURN_NS)) keep(view);
    batches += 1;
    setImmediate(turn);
  } else {
    setTimeout(turn, 2);
  }
}
turn();
