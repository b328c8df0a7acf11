// A JSON venue over loopback → ws → JSON.parse → a book → a handler on this thread.
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { WebSocket } from 'ws';
import { pacedFigures } from '../harness/paced-figures.mjs';
import { start } from '../harness/process.mjs';
import { settled } from './settled.mjs';

export async function wsSide({ rate, seconds, makeTaker }) {
  const source = path.join(import.meta.dirname, 'ws-source.mjs');
  const venue = start(process.execPath, [source, String(rate), String(seconds)]);
  const taker = makeTaker();
  let socket;
  try {
    const { port } = await venue.next();
    socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const bids = new Map();
    const asks = new Map();
    const apply = (side, levels, sentNs) => {
      for (const [price, quantity] of levels) {
        const px = Number(price);
        const qty = Number(quantity);
        if (qty === 0) side.delete(px);
        else side.set(px, qty);
        taker.take(px, qty, sentNs);
      }
    };
    socket.on('message', (text) => {
      const { ts, data } = JSON.parse(text);
      apply(bids, data.b, ts);
      apply(asks, data.a, ts);
    });
    await once(socket, 'open');
    const cpuBefore = process.cpuUsage();
    const published = await venue.next();
    const cpu = process.cpuUsage(cpuBefore);
    await settled(taker.received, published.events);
    socket.close();
    await venue.ended();
    return {
      ...taker.result(),
      ...pacedFigures(published, cpu),
    };
  } finally {
    socket?.terminate();
    venue.kill();
  }
}
