// A `LiveClient` in a process of its own, driven by `ClientProcess`: it carries out commands and
// passes on everything that the client reports, with its time in Unix µs.
import process from 'node:process';
import { LiveClient, LiveInstrument } from '../../../dist/index.js';
import { directConnector, drivenBy, say } from './driven.mjs';

let client;

function shown({ orderId, symbol, state, side, price, qty, filledQty, unconfirmed, own }) {
  return { orderId, symbol, state, side, price, qty, filledQty, unconfirmed, own };
}

function result(outcome) {
  return {
    status: outcome.status,
    code: String(outcome.code ?? ''),
    reason: outcome.reason ?? outcome.text ?? '',
    order: shown(outcome.order),
  };
}

const instrument = (connector, { symbol, tick, lot }) =>
  new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(lot);

async function open({ connector, direct, symbols, botId, answerTimeoutMs }) {
  client = new LiveClient({
    instruments: symbols.map((symbol) => instrument(connector, symbol)),
    backend: 'native',
    ...directConnector(connector, direct),
    botId,
    answerTimeoutMs,
    ringCapacity: 4096,
    healthIntervalMs: 60_000,
  });
  client.on('orderUpdate', ({ order, previous, fill }) => {
    const text = `${previous ?? '-'} -> ${order.state}`;
    say({ kind: 'state', text, order: shown(order), fill });
  });
  client.on('executionReport', (order) => {
    const { orderId, status, price, qty, leavesQty, execQty } = order;
    const text = `${status} ${price} x ${qty}, leaves ${leavesQty}, exec ${execQty}`;
    say({ kind: 'record', text, orderId, status });
  });
  client.on('notice', ({ code, text }) => say({ kind: 'notice', text: `${code} ${text}` }));
  client.on('link', ({ state, text }) => say({ kind: 'link', text: `${state} ${text}` }));
  client.on('error', ({ error, source }) =>
    say({ kind: 'error', text: `${source} ${error.code ?? ''} ${error.message}` }),
  );
  await client.start();
  await client.ready(20_000).then(
    () => say({ kind: 'ready' }),
    (error) => say({ kind: 'ready', text: error.message }),
  );
}

/** Does a call: says first what it is about, then what came of it. */
function call(number, what, orderIds, run) {
  say({ kind: 'call', call: number, what, orderIds });
  const done = (outcome) => say({ kind: 'outcome', call: number, ...outcome });
  Promise.resolve()
    .then(() => {
      const outcome = run();
      say({ kind: 'asked', call: number });
      return outcome;
    })
    .then(
      (outcome) => done({ thrown: '', results: [outcome].flat().map(result) }),
      (error) => done({ thrown: error.code ?? error.message, results: [] }),
    );
}

const calls = {
  open,
  submit: ({ number, orderId, terms: { symbol, ...request } }) =>
    call(number, 'submit', [orderId], () =>
      client.submitOrder({ instrument: symbol, orderId, ...request }),
    ),
  cancel: ({ number, orderId }) =>
    call(number, 'cancel', [orderId], () => client.cancelOrder(orderId)),
  cancelAll: ({ number, symbol }) =>
    call(
      number,
      'cancelAll',
      client.getOrders(symbol).map((order) => order.orderId),
      () => client.cancelAll(symbol),
    ),
  modify: ({ number, orderId, price, qty }) =>
    call(number, 'modify', [orderId], () => client.modifyOrder(orderId, { price, qty })),
  resync: ({ symbol }) => client.resync(symbol),
  async view() {
    const why = await client.ready(1).then(
      () => '',
      (error) => `${error.code} ${error.message}`,
    );
    const orders = client.getOrders(undefined, { all: true }).map(shown);
    const positions = client.instruments.map(({ symbol }, at) => [symbol, client.getPosition(at)]);
    const isReady = why === '';
    say({ kind: 'view', isReady, why, orders, positions: Object.fromEntries(positions) });
  },
  async stop() {
    await client?.close();
    say({ kind: 'stopped' });
    process.disconnect();
  },
};

drivenBy(calls);
