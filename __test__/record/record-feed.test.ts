// A feed of any data source into a recording, on made-up data.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { silentFeedLogger } from '../../lib/feed/feed-logger.js';
import { HEADER_BYTES, rowsOf } from '../../lib/npz/npy-header.js';
import { ROW_BYTES } from '../../lib/npz/event-rows.js';
import { recordFeed } from '../../lib/record/record-feed.js';
import { Recorder } from '../../lib/record/recorder.js';
import { until } from '../support/until.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-record-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('records one symbol of a feed: its book, every trade, and nothing of the others', async () => {
  await using feed = new HFTConnectorStream(new StubbedConnector(), {
    symbols: ['BTCUSDT', 'ETHUSDT'],
    logger: silentFeedLogger,
  });
  const recorder = new Recorder({ folder, symbol: 'BTCUSDT', tickSize: 0.1, lotSize: 0.001 });
  const off = recordFeed(feed, recorder, 'BTCUSDT');
  const trades: { price: number; exch: bigint; local: bigint }[] = [];
  feed.on('trade', ({ symbol, price, timestampNs, timestampMs, receivedMs }) => {
    if (symbol !== 'BTCUSDT') return;
    const exch = timestampNs ?? BigInt(timestampMs) * 1_000_000n;
    trades.push({ price, exch, local: BigInt(Math.floor(receivedMs)) * 1_000_000n });
  });
  await feed.start();
  await until(() => trades.length >= 20, 'trades');
  off();
  recorder.close();
  const recorded = trades.length;
  await until(() => trades.length > recorded, 'a trade after the recording');

  const [file] = recorder.health.files;
  expect(file).toMatchObject({ trades: recorded });
  const zip = readFileSync(file!.path);
  const start = 30 + zip.readUInt16LE(26);
  const npy = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(18)));
  const rows = Array.from({ length: rowsOf(npy) ?? 0 }, (_, row) => HEADER_BYTES + row * ROW_BYTES);
  const kinds = rows.map((at) => npy[at]);
  expect(kinds[0], 'a level of the book comes first').toBe(1);
  expect(kinds.filter((kind) => kind === 2).length).toBeGreaterThanOrEqual(recorded);
  const latencies = new Set<bigint>();
  for (const { price, exch, local } of trades.slice(0, recorded)) {
    const same = rows.find(
      (at) =>
        npy[at] === 2 && npy.readBigInt64LE(at + 8) === exch && npy.readDoubleLE(at + 24) === price,
    );
    expect(same, `the trade at ${String(price)}`).toBeDefined();
    latencies.add(npy.readBigInt64LE(same! + 16) - local);
  }
  // Local times are the feed's, all moved alike when a clock was behind.
  expect(latencies.size).toBe(1);
});
