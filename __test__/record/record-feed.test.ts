// A feed of any data source into a recording, on made-up data.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { silentFeedLogger } from '../../lib/feed/feed-logger.js';
import { recordFeed } from '../../lib/record/record-feed.js';
import { Recorder } from '../../lib/record/recorder.js';
import { isTrade, unpack } from '../support/recorded-rows.js';
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
  const rows = unpack(file!.path);
  expect(isTrade(rows[0]!), 'a level of the book comes first').toBe(false);
  const written = rows.filter(isTrade);
  expect(written.length).toBeGreaterThanOrEqual(recorded);
  const latencies = new Set<bigint>();
  for (const { price, exch, local } of trades.slice(0, recorded)) {
    const same = written.find((row) => row.exch === exch && row.px === price);
    expect(same, `the trade at ${String(price)}`).toBeDefined();
    latencies.add(same!.local - local);
  }
  // Local times are the feed's, all moved alike when a clock was behind.
  expect(latencies.size).toBe(1);
});
