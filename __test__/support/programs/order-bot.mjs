// A low-level bot in a process of its own, driven as `order-client.mjs` is: what it holds and what
// its records say is reported in the same words.
import process from 'node:process';
import { create, LiveInstrument, RecordKind } from '../../../dist/index.js';
import { directConnector, drivenBy, say } from './driven.mjs';
import { isOpen, OrderTeller } from './order-teller.mjs';

const TURN_NS = 5_000_000;

let bot;
const synced = new Set();
const teller = new OrderTeller(held, say);

const assetOf = (symbol) => bot.instruments.findIndex((spec) => spec.symbol === symbol);

function held(orderId) {
  for (let asset = 0; asset < bot.numAssets(); asset += 1) {
    const order = bot.order(asset, orderId);
    if (order !== null) return order;
  }
  return undefined;
}

function report(view) {
  switch (view.kind) {
    case RecordKind.Order:
      teller.onOrder(view);
      return;
    case RecordKind.Reject:
      teller.onReject(view.orderId, view.value, view.text());
      return;
    case RecordKind.BookReady:
      synced.add(view.asset);
      return;
    case RecordKind.BookReset:
      synced.delete(view.asset);
      return;
    case RecordKind.Link:
      say({ kind: 'link', text: `${view.linkState ?? view.statusCode} ${view.text()}` });
      return;
    case RecordKind.Notice:
      say({ kind: 'notice', text: `${view.value} ${view.text()}` });
      return;
    case RecordKind.Error:
      say({ kind: 'error', text: `${view.value} ${view.text()}` });
      return;
    default:
  }
}

function turn() {
  if (bot === undefined || bot.closed) return;
  for (const view of bot.waitBatch(TURN_NS)) report(view);
  setImmediate(turn);
}

const calls = {
  async open({ connector, direct, symbols, botId }) {
    const instruments = symbols.map(({ symbol, tick, lot }) =>
      new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(lot).build(),
    );
    const own = directConnector(connector, direct);
    bot = create({ backend: 'native', ...own, instruments, botId, wait: 'park' });
    turn();
    for (let at = 0; at < 2_000 && synced.size < symbols.length; at += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    say({ kind: 'ready', text: synced.size < symbols.length ? 'no book' : undefined });
  },
  submit: ({ number, orderId, terms: { symbol, ...order } }) =>
    teller.call(number, 'submit', [orderId], () =>
      bot.submitOrder(assetOf(symbol), { orderId, ...order }),
    ),
  cancel: ({ number, orderId }) =>
    teller.call(number, 'cancel', [orderId], () => bot.cancel(held(orderId)?.asset ?? 0, orderId)),
  cancelAll({ number, symbol }) {
    for (const [asset, spec] of bot.instruments.entries()) {
      if (symbol !== undefined && spec.symbol !== symbol) continue;
      const open = [...bot.orders(asset).values()].filter(isOpen).map((order) => order.orderId);
      teller.call(number + asset / 10, 'cancelAll', open, () => bot.cancelAll(asset));
    }
  },
  modify: ({ number, orderId, price, qty }) =>
    teller.call(number, 'modify', [orderId], () =>
      bot.modify(held(orderId)?.asset ?? 0, orderId, price, qty),
    ),
  resync: ({ symbol }) => bot.resync(assetOf(symbol)),
  view() {
    const orders = bot.instruments.flatMap((_, asset) => [...bot.orders(asset).values()]);
    const positions = bot.instruments.map(({ symbol }, at) => [symbol, bot.position(at)]);
    const isReady = synced.size === bot.numAssets();
    say({
      kind: 'view',
      isReady,
      why: isReady ? '' : 'no book',
      orders: orders.map((order) => teller.shown(order)),
      positions: Object.fromEntries(positions),
    });
  },
  stop() {
    bot?.close();
    say({ kind: 'stopped' });
    process.disconnect();
  },
};

drivenBy(calls);
