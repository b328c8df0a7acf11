// The strategy of `direct-end.mjs`: sends an order when it is asked, and cancels all at its end.
import { receiveMessageOnPort } from 'node:worker_threads';

export function createStrategy({ order, channel: name }) {
  const channel = new BroadcastChannel(name);
  channel.unref();
  let isReady = false;
  return {
    timerMs: 5,
    onTimer(ctx) {
      if (!isReady && ctx.depth(0).synced) {
        isReady = true;
        ctx.log('ready');
      }
      while (receiveMessageOnPort(channel)) {
        ctx.submit(order);
        ctx.log('submitted');
      }
    },
    onStop(ctx) {
      ctx.cancelAll();
      channel.close();
    },
  };
}
