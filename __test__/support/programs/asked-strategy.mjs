// A strategy that does what its test asks for, over a channel that it polls: its loop holds its thread.
import { receiveMessageOnPort } from 'node:worker_threads';

const fieldsOf = ({ orderId, orderStatus: status, bookState, previousBookState, linkState }) => ({
  orderId,
  status,
  bookState,
  previousBookState,
  linkState,
});

export function createStrategy({ channel: name }) {
  const channel = new BroadcastChannel(name);
  const tell = (event, fields = {}) => channel.postMessage({ event, ...fields });

  return {
    timerMs: 5,
    // Who asks earlier is not heard.
    onStart: () => tell('began'),
    onTimer(ctx) {
      const seen = () => ({
        state: ctx.depth().state,
        position: ctx.position(),
        links: ctx.links().map(({ orders, environment, ordersAgreed, connected }) => ({
          ...{ orders, environment, ordersAgreed, connected },
        })),
      });
      const calls = {
        submit: (order) => ctx.submit(order),
        modify: (orderId, change) => ctx.modify(orderId, change),
        cancel: (orderId) => ctx.cancel(orderId),
        agreeOrders: (...to) => ctx.agreeOrders(...to),
        see: seen,
      };
      for (let got = receiveMessageOnPort(channel); got; got = receiveMessageOnPort(channel)) {
        const { ask, call, args } = got.message;
        if (ask === undefined) continue;
        try {
          tell('answer', { ask, value: calls[call](...args) });
        } catch ({ code, message }) {
          tell('answer', { ask, code, message });
        }
      }
    },
    onExecutionReport: (_, view) => tell('order', fieldsOf(view)),
    onBookState: (_, view) => tell('bookState', fieldsOf(view)),
    onLink: (_, view) => tell('link', fieldsOf(view)),
    onError: (_, { code, message }) => tell('error', { code, message }),
    onStop(ctx) {
      ctx.cancelAll();
      channel.close();
    },
  };
}
