// The peer, a process of its own: `ws`, `JSON.parse`, a book in Maps, the same decision, an order
// frame. `json-bot.mjs OPTIONS`: the venue's ready line. Says `ready` with the first snapshot; ends
// with its standard input.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { WebSocket } from 'ws';
import { QTY, wants } from './decision.mjs';

const venue = JSON.parse(process.argv[2]);
const cheapQty = Number(venue.cheapQty);
const open = async (url) => {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    ca: venue.authorityPem ?? undefined,
  });
  await once(socket, 'open');
  return socket;
};
/** Resolves with the answer to the request. */
async function ask(socket, request) {
  socket.send(JSON.stringify(request));
  const [text] = await once(socket, 'message');
  return JSON.parse(text);
}
async function login(socket) {
  const expires = Date.now() + 10_000;
  const sign = createHmac('sha256', venue.apiSecret).update(`GET/realtime${expires}`).digest('hex');
  const args = [venue.apiKey, expires, sign];
  const answer = await ask(socket, { req_id: '1', op: 'auth', args });
  if (answer.success !== true && answer.retCode !== 0)
    throw new Error(`no login: ${JSON.stringify(answer)}`);
}

const bids = new Map();
const asks = new Map();
const orders = new Map();
let sent = 0;
let lastPx = 0;

function apply(side, levels) {
  for (const [price, quantity] of levels) {
    const px = Number(price);
    const qty = Number(quantity);
    if (qty === 0) side.delete(px);
    else side.set(px, qty);
  }
}

function bestAsk() {
  let best = Infinity;
  for (const px of asks.keys()) if (px < best) best = px;
  return best;
}

const [book, trade, account] = await Promise.all(
  [venue.publicUrl, venue.tradeUrl, venue.privateUrl].map(open),
);
await Promise.all([login(trade), login(account)]);
await ask(account, { req_id: '2', op: 'subscribe', args: ['order'] });
trade.on('message', (text) => {
  const { retCode, retMsg } = JSON.parse(text);
  if (retCode !== 0) console.error(`order refused: ${retCode} ${retMsg}`);
});
account.on('message', (text) => {
  for (const { orderLinkId, orderStatus } of JSON.parse(text).data ?? [])
    if (orderStatus === 'Cancelled') orders.delete(orderLinkId);
});
book.on('message', (text) => {
  const { type, data } = JSON.parse(text);
  if (data === undefined) return;
  if (type === 'snapshot') {
    bids.clear();
    asks.clear();
  }
  apply(bids, data.b);
  apply(asks, data.a);
  const askPx = bestAsk();
  if (!wants(askPx, asks.get(askPx), cheapQty, lastPx)) {
    if (type === 'snapshot') console.log(JSON.stringify({ type: 'ready' }));
    return;
  }
  lastPx = askPx;
  sent += 1;
  const orderLinkId = `bench-${sent}`;
  const order = {
    category: 'linear',
    symbol: venue.symbol,
    side: 'Buy',
    orderType: 'Limit',
    qty: String(QTY),
    price: String(askPx),
    timeInForce: 'IOC',
    orderLinkId,
  };
  trade.send(
    JSON.stringify({
      reqId: String(sent),
      header: { 'X-BAPI-TIMESTAMP': String(Date.now()), 'X-BAPI-RECV-WINDOW': '5000' },
      op: 'order.create',
      args: [order],
    }),
  );
  orders.set(orderLinkId, order);
});
book.send(JSON.stringify({ req_id: '3', op: 'subscribe', args: [`orderbook.50.${venue.symbol}`] }));
process.stdin
  .on('end', () => {
    console.log(JSON.stringify({ type: 'summary', sent, open: orders.size }));
    for (const socket of [book, trade, account]) socket.terminate();
  })
  .resume();
