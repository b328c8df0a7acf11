// Dated futures and symbols beyond ASCII: recorded, replayed, and seen by a client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { Recorder } from '../../lib/record/recorder.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const START_NS = 1_700_000_000_000_000_000n;
let folder: string;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-symbols-'));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

function recording(symbol: string, format: 'npz' | 'gz'): string {
  const recorder = new Recorder({ folder, symbol, tickSize: 0.1, lotSize: 0.001, format });
  const book = [
    { side: 'buy' as const, price: 99.9, qty: 1.5 },
    { side: 'sell' as const, price: 100, qty: 0.00000123 },
    { side: 'sell' as const, price: 100.1, qty: 2 },
  ];
  recorder.depth(START_NS, START_NS + 1_000_000n, book, true);
  recorder.trade(START_NS, START_NS + 2_000_000n, { side: 'buy', price: 100, qty: 0.001 });
  recorder.close();
  return recorder.health.files[0]!.path;
}

describeNative('a symbol as', () => {
  it.each(
    ['BTCUSDT_260925', 'BTC-25SEP26', '币安人生USDT'].flatMap((symbol) => [
      [symbol, 'npz'] as const,
      [symbol, 'gz'] as const,
    ]),
  )(
    '%s is played from %s to a client, with quantities finer than its lot',
    async (symbol, format) => {
      const name = uniqueName();
      await startConnector(name, 'replay', recording(symbol, format));
      const notices: number[] = [];
      let trades = 0;
      const client = new LiveClient({
        instruments: [new LiveInstrument(symbol).connector(name).tickSize(0.1).lotSize(0.001)],
        backend: 'native',
        onError: () => undefined,
      });
      ends.push(() => client.close());
      client.on('trade', () => (trades += 1));
      client.on('notice', ({ code }) => notices.push(code));
      await client.start();
      await until(() => notices.includes(3101), 'the end of the recording');
      await until(() => trades === 1, 'the trade');
      expect(client.snapshot(0, 5).bids).toMatchObject([{ price: 99.9, qty: 1.5 }]);
      expect(client.snapshot(0, 5).asks.at(-1)).toMatchObject({ price: 100.1, qty: 2 });
      expect(notices).toContain(3131);
      expect(notices).not.toContain(3130);
    },
  );
});
