// The measured strategy: submits, takes the acknowledgement, cancels, lets some time go by.
import process from 'node:process';
import { LatencyHistogram } from 'hftbacktest-live';

const PAUSE_MS = 2;

export default function createStrategy({ orders, warmUp }) {
  const histogram = new LatencyHistogram();
  let sent = 0;
  let pending = 0n;
  let isOpen = false;
  let startNs = 0n;
  return {
    timerMs: PAUSE_MS,
    onTimer(ctx) {
      if (pending !== 0n || !ctx.depth().synced) return;
      if (sent === warmUp + orders) {
        ctx.log('result', {
          received: sent - warmUp,
          p50Ns: histogram.percentile(50),
          p99Ns: histogram.percentile(99),
        });
        ctx.stop();
        return;
      }
      sent++;
      startNs = process.hrtime.bigint();
      pending = ctx.submit({ side: 'buy', price: 40_000, qty: 0.001 });
    },
    onExecutionReport(ctx, order) {
      if (order.orderId !== pending) return;
      if (!isOpen) {
        const tookNs = Number(process.hrtime.bigint() - startNs);
        if (order.orderStatus !== 'new') throw new Error(`the order is ${order.orderStatus}`);
        if (sent > warmUp) histogram.record(tookNs);
        isOpen = true;
        ctx.cancel(pending);
      } else if (order.orderStatus === 'canceled') {
        isOpen = false;
        pending = 0n;
        ctx.clearInactiveOrders();
      }
    },
  };
}
