// A low-level bot in a process of its own, driven as `order-client.mjs` is: what it holds and what
// its records say is reported in the same words.
import process from 'node:process';
import { create, LiveInstrument, RecordKind } from '../../../dist/index.js';
import { drivenBy, say } from './driven.mjs';

const TURN_NS = 5_000_000;
const FINAL = ['filled', 'canceled', 'expired', 'rejected'];

let bot;
/** Calls that wait for a word: the first record that ends or refuses an order answers its calls. */
const waiting = [];
/** What was executed of each order as far as this process has reports; before it, as the order says. */
const filled = new Map();
const submitted = new Set();
const synced = new Set();

const assetOf = (symbol) => bot.instruments.findIndex((spec) => spec.symbol === symbol);

function held(orderId) {
  for (let asset = 0; asset < bot.numAssets(); asset += 1) {
    const order = bot.order(asset, orderId);
    if (order !== null) return order;
  }
  return undefined;
}

function shown({ orderId, symbol, status, pending, side, price, qty, leavesQty }) {
  const isSent = status === 'none' || pending === 'new';
  const ended = FINAL.includes(status);
  const state = ended ? status : isSent ? 'pending_new' : status;
  const filledQty = filled.get(orderId) ?? (ended ? 0 : qty - leavesQty);
  return { orderId, symbol, state, side, price, qty, filledQty, unconfirmed: false, own: true };
}

function answer(orderId, status, code, reason, what = undefined) {
  for (const call of [...waiting]) {
    if (call.orderId !== orderId || (what !== undefined && call.what !== what)) continue;
    waiting.splice(waiting.indexOf(call), 1);
    const order = held(orderId);
    if (order === undefined) continue;
    const results = [{ status, code: String(code), reason, order: shown(order) }];
    say({ kind: 'outcome', call: call.number, thrown: '', results });
  }
}

function report(view) {
  const { orderId } = view;
  switch (view.kind) {
    case RecordKind.Order: {
      const { orderStatus: status, price, qty, leavesQty, execQty, execPrice } = view;
      if (execQty > 0) filled.set(orderId, (filled.get(orderId) ?? 0) + execQty);
      if (!submitted.has(orderId) && leavesQty > 0)
        filled.set(orderId, Math.max(filled.get(orderId) ?? 0, qty - leavesQty));
      const made = view.isSynthetic ? ' (made by the bot)' : '';
      const text = `${status} ${price} x ${qty}, leaves ${leavesQty}, exec ${execQty} at ${execPrice}${made}`;
      say({ kind: 'record', text, orderId, status });
      const order = held(orderId);
      if (execQty > 0 && order !== undefined)
        say({
          kind: 'state',
          text: `holds it as ${order.status}`,
          order: { ...shown(order), filledQty: filled.get(orderId) },
          fill: { qty: execQty, price: execPrice, inferred: false },
        });
      if (FINAL.includes(status)) answer(orderId, status, '', '');
      else if (view.statusCode !== 0) {
        answer(orderId, 'accepted', '', '', 'submit');
        // Reported as open with nothing under way: whoever waits for more has to ask again.
        if (order?.pending === 'none') answer(orderId, 'rejected', '', 'it is open as before');
      }
      return;
    }
    case RecordKind.Reject:
      say({ kind: 'note', text: `reject of ${orderId}: ${view.value} ${view.text()}` });
      answer(orderId, 'rejected', view.value, view.text());
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

/** Sends something about orders: says first what it is about, and what was thrown. */
function call(number, what, orderIds, run) {
  say({ kind: 'call', call: number, what, orderIds });
  try {
    run();
    for (const orderId of orderIds) waiting.push({ number, what, orderId });
    if (orderIds.length === 0) say({ kind: 'outcome', call: number, thrown: '', results: [] });
  } catch (error) {
    say({ kind: 'outcome', call: number, thrown: error.code ?? error.message, results: [] });
  }
}

const isOpen = (order) => !FINAL.includes(order.status);
const openOn = (symbol) =>
  bot.instruments.flatMap((spec, asset) =>
    symbol === undefined || spec.symbol === symbol
      ? [...bot.orders(asset).values()].filter(isOpen)
      : [],
  );

const calls = {
  async open({ connector, symbols, botId }) {
    const instruments = symbols.map(({ symbol, tick, lot }) =>
      new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(lot).build(),
    );
    bot = create({ backend: 'native', instruments, botId, wait: 'park' });
    turn();
    for (let at = 0; at < 2_000 && synced.size < symbols.length; at += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    say({ kind: 'ready', text: synced.size < symbols.length ? 'no book' : undefined });
  },
  submit: ({ number, orderId, terms: { symbol, ...order } }) =>
    call(number, 'submit', [orderId], () => {
      submitted.add(orderId);
      bot.submitOrder(assetOf(symbol), { orderId, ...order });
    }),
  cancel: ({ number, orderId }) =>
    call(number, 'cancel', [orderId], () => bot.cancel(held(orderId)?.asset ?? 0, orderId)),
  cancelAll({ number, symbol }) {
    for (const [asset, spec] of bot.instruments.entries()) {
      if (symbol !== undefined && spec.symbol !== symbol) continue;
      const open = openOn(spec.symbol).map((order) => order.orderId);
      call(number + asset / 10, 'cancelAll', open, () => bot.cancelAll(asset));
    }
  },
  modify: ({ number, orderId, price, qty }) =>
    call(number, 'modify', [orderId], () =>
      bot.modify(held(orderId)?.asset ?? 0, orderId, price, qty),
    ),
  resync: ({ symbol }) => bot.resync(assetOf(symbol)),
  look() {},
  view() {
    const orders = bot.instruments.flatMap((_, asset) => [...bot.orders(asset).values()]);
    const positions = bot.instruments.map(({ symbol }, at) => [symbol, bot.position(at)]);
    const isReady = synced.size === bot.numAssets();
    say({
      kind: 'view',
      isReady,
      orders: orders.map(shown),
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
