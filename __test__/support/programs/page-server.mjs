// A server of the live page with a source that stands still. Prints its address; ends with its input.
import process from 'node:process';

import { LiveServer } from '../../../dist/server.js';

const flow = { per_minute_count: 0, per_second_rate: 0, queue_size: 0 };
const source = {
  title: 'hostile',
  wsHealth: () => ({ connector: { connected: true } }),
  metrics: () => ({ trades: flow, depth: flow }),
  samples: () => [],
  readiness: () => ({ ready: true, missing: [] }),
  view: (instrument) => ({
    atMs: Date.now(),
    instruments: ['AUSDT'],
    markets: [{ symbol: 'AUSDT', connector: 'hostile', tickSize: 1, lotSize: 1 }],
    instrument,
    book: { bids: [], asks: [] },
    positions: [],
    trades: [],
    fills: [],
    log: [],
    hops: [],
  }),
  close: () => undefined,
};
const server = new LiveServer(source, { port: 0 });
console.log(await server.start());
process.stdin.resume().on('end', () => void server.close());
