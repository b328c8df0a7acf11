// The strategy of `order-strategy.mjs`.
import { receiveMessageOnPort } from 'node:worker_threads';
import { isOpen, OrderTeller } from './order-teller.mjs';
import { nowUs } from './unix-us.mjs';

const READY_MS = 20_000;

export function createStrategy({ channel: name }) {
  const channel = new BroadcastChannel(name);
  const say = (message) => channel.postMessage({ atUs: nowUs(), ...message });
  let ctx;
  let isAnnounced = false;
  const startMs = performance.now();

  const held = (orderId) => {
    for (const asset of ctx.instruments.keys()) {
      const order = ctx.orders(asset).get(orderId);
      if (order !== undefined) return order;
    }
    return undefined;
  };
  const teller = new OrderTeller(held, say);
  const isReady = () => ctx.instruments.every((_, asset) => ctx.depth(asset).state === 'live');

  const calls = {
    submit: ({ number, orderId, terms }) =>
      teller.call(number, 'submit', [orderId], () => ctx.submit({ orderId, ...terms })),
    cancel: ({ number, orderId }) =>
      teller.call(number, 'cancel', [orderId], () => ctx.cancel(orderId)),
    cancelAll({ number, symbol }) {
      for (const [asset, spec] of ctx.instruments.entries()) {
        if (symbol !== undefined && spec.symbol !== symbol) continue;
        const open = [...ctx.orders(asset).values()].filter(isOpen).map((order) => order.orderId);
        teller.call(number + asset / 10, 'cancelAll', open, () => ctx.cancelAll(asset));
      }
    },
    modify: ({ number, orderId, price, qty }) =>
      teller.call(number, 'modify', [orderId], () => ctx.modify(orderId, { price, qty })),
    view() {
      const orders = ctx.instruments.flatMap((_, asset) => [...ctx.orders(asset).values()]);
      const positions = ctx.instruments.map(({ symbol }, at) => [symbol, ctx.position(at)]);
      say({
        kind: 'view',
        isReady: isReady(),
        why: isReady() ? '' : 'a book is not live',
        orders: orders.map((order) => teller.shown(order)),
        positions: Object.fromEntries(positions),
      });
    },
  };

  return {
    timerMs: 5,
    onStart: (context) => {
      ctx = context;
    },
    onTimer() {
      for (let got = receiveMessageOnPort(channel); got; got = receiveMessageOnPort(channel)) {
        const { do: what, ...args } = got.message;
        calls[what]?.(args);
      }
      const isLate = performance.now() - startMs > READY_MS;
      if (isAnnounced || !(isReady() || isLate)) return;
      isAnnounced = true;
      say({ kind: 'ready', text: isLate ? 'no book' : undefined });
    },
    onExecutionReport: (_, view) => teller.onOrder(view),
    onNotice: (_, view) => say({ kind: 'notice', text: `${view.valueNumber} ${view.text()}` }),
    onLink: (_, view) => say({ kind: 'link', text: `${view.linkState} ${view.text()}` }),
    onOrderUpdate(_, { order, refusal }) {
      if (refusal !== undefined) teller.onReject(order.orderId, refusal.code, refusal.text);
    },
    onError: (_, error) => say({ kind: 'error', text: `${error.code} ${error.message}` }),
    onStop: () => channel.close(),
  };
}
