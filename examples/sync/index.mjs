// The low-level bot: a loop that blocks its thread, as hftbacktest strategies are written.
import { create, LiveInstrument, OrderIdSource } from 'hftbacktest-live';

const [connector = 'sim', symbol = 'BTCUSDT', seconds = '5'] = process.argv.slice(2);
const instrument = new LiveInstrument(symbol)
  .connector(connector)
  .tickSize(0.1)
  .lotSize(0.001)
  .lastTradesCapacity(1000);

// The name `stub` asks for the stub; anything else is a connector that must be running.
const bot = create({
  instruments: [instrument],
  backend: connector === 'stub' ? 'stub' : 'native',
  stub: { maxFeeds: Infinity, stepIntervalNs: 5_000_000 },
});
const ids = new OrderIdSource(bot.botId);
const endMs = performance.now() + Number(seconds) * 1000;
const depth = bot.depth(0);
let feeds = 0;
let trades = 0;
let resting;
let nextMs = 0;

let isStopped = false;
const stop = () => (isStopped = true);
// A reader that has gone (… | head) ends it like Ctrl+C.
process.stdout.once('error', () => process.emit('SIGTERM')).on('error', () => undefined);
process.once('SIGINT', stop).once('SIGTERM', stop);
// Nobody reads the output any more (`| head`): ends in order, too.
for (const output of [process.stdout, process.stderr]) output.on('error', stop);
// A loop that blocks its thread hears no signal: give Node a turn now and then.
const turn = () => new Promise(setImmediate);

try {
  while (performance.now() < endMs) {
    await turn();
    if (isStopped) break;
    // Blocks until something came, 100 ms at most; the book and the trades are up to date after it.
    const result = bot.waitNextFeed(true, 100_000_000);
    if (result === 'end_of_data') break;
    if (result === 'market_feed') feeds += 1;
    trades += bot.lastTrades(0).length;
    bot.clearLastTrades(0);

    // One order, far from the market; cancelled again at the end. A connector that has just started
    // refuses it until it has read the account: then a new one goes out a second later.
    const isOut = resting !== undefined && bot.order(0, resting)?.status !== 'expired';
    if (!isOut && performance.now() >= nextMs && depth.synced && depth.bestBid > 0) {
      nextMs = performance.now() + 1_000;
      resting = ids.next();
      const price = Math.round((depth.bestBid - 50) * 10) / 10;
      bot.submitBuyOrder(0, resting, price, 0.001, 'GTC', 'limit', { timeoutMs: 1_000 });
    }
  }
  if (resting !== undefined && bot.order(0, resting)?.cancellable === true)
    bot.cancel(0, resting, { timeoutMs: 5_000 });
  const status = resting === undefined ? 'none' : (bot.order(0, resting)?.status ?? 'none');
  console.log(
    JSON.stringify({
      backend: bot.backend,
      feeds,
      trades,
      bid: depth.bestBid,
      ask: depth.bestAsk,
      order: status,
      position: bot.position(0),
    }),
  );
} finally {
  bot.close();
}
