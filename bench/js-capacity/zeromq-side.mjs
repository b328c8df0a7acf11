// zeromq.js over ipc → a handler on this thread. zeromq holds its sender back, so that one run at
// full speed shows what it can.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { start } from '../harness/process.mjs';
import { sumTaker } from './sum-taker.mjs';

export async function zeromqSide({ count }) {
  const { Pull } = await import('zeromq');
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-zmq-'));
  const address = `ipc://${path.join(folder, 'events')}`;
  const program = path.join(import.meta.dirname, 'zeromq-source.mjs');
  const source = start(process.execPath, [program, address, String(count)], {
    stdin: 'pipe',
  });
  const socket = new Pull({ receiveTimeout: 10_000 });
  try {
    await source.next();
    socket.connect(address);
    const taker = sumTaker();
    for await (const [message] of socket) {
      taker.take(message.readDoubleLE(0), message.readDoubleLE(8), message.readBigUInt64LE(16));
      if (taker.received() === count) break;
    }
    await source.next();
    source.stop();
    await source.ended();
    const result = taker.result();
    return { ...result, published: count, perSecond: (count * 1e9) / result.tookNs };
  } finally {
    socket.close();
    source.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
