// Recordings as the field has them, from the folder `odd-recordings` of the shared data: replayed to a client
// and to a feed, and left alone by `record --recover`. Skipped, and counted as skipped, without the data.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LiveClient, LiveInstrument } from '../../lib/index.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { recordingFile } from '../support/recording.js';
import { until } from '../support/until.js';

const data = path.join(path.dirname(recordingFile), 'odd-recordings');
const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
/** What could not be read was reported. */
const UNREADABLE = 3130;
const describeOdd: typeof describeNative = existsSync(data) ? describeNative : describe.skip;
const title = existsSync(data) ? 'an odd recording' : `an odd recording (without ${data})`;

let folder: string;
const clients: LiveClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-odd-'));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** What gzip makes of some bytes, as far as it comes. */
const unpacked = (input: Buffer): string =>
  spawnSync('gzip', ['-dc'], { input, encoding: 'utf8', maxBuffer: 2 ** 26 }).stdout;

/** Trades in all that can be unpacked: each gzip member for itself, as far as it goes. */
function tradesIn(file: string): number {
  const bytes = readFileSync(file);
  const starts: number[] = [];
  for (let at = bytes.indexOf('1f8b08', 0, 'hex'); at >= 0;) {
    // Others only look like the start of one, in the midst of what is packed.
    if (/^\d+ \{/.test(unpacked(bytes.subarray(at)))) starts.push(at);
    at = bytes.indexOf('1f8b08', at + 1, 'hex');
  }
  const members = starts.map((start, n) => unpacked(bytes.subarray(start, starts[n + 1])));
  const lines = members.flatMap((text) => text.split('\n'));
  return lines.filter((line) => line.includes('"e":"trade"') && line.endsWith('}')).length;
}

const instrument = (name: string, lot: number): LiveInstrument =>
  new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(lot);

describeOdd(title, () => {
  it.each([
    ['overwritten-small.gz', true],
    ['killed-appended.gz', true],
    ['milli.gz', false],
  ])(
    '%s is played as far as it can be read, and what cannot is reported: %s',
    async (file, isReported) => {
      const name = uniqueName();
      const recording = path.join(data, file);
      await startConnector(name, 'replay', recording, 'BTCUSDT', '--speed', 'max');
      const client = new LiveClient({
        instruments: [instrument(name, 0.001)],
        backend: 'native',
        onError: () => undefined,
      });
      clients.push(client);
      let trades = 0;
      const notices: number[] = [];
      client.on('trade', () => (trades += 1)).on('notice', ({ code }) => notices.push(code));
      await client.start();
      const expected = tradesIn(recording);
      expect(expected).toBeGreaterThan(50);
      await until(
        () => trades >= expected,
        () => `${String(expected)} trades; there were ${String(trades)}`,
        20_000,
      );
      await until(() => notices.includes(3101), 'the end', 20_000);
      expect(trades).toBe(expected);
      expect(notices.includes(UNREADABLE)).toBe(isReported);
    },
    60_000,
  );

  it('bybit-blockfill.gz fills nothing by its block trade, far from the book', async () => {
    const name = uniqueName();
    await startConnector(name, 'replay', path.join(data, 'bybit-blockfill.gz'), 'BTCUSDT');
    const client = new LiveClient({
      instruments: [instrument(name, 0.001)],
      backend: 'native',
      onError: () => undefined,
    });
    clients.push(client);
    const notices: number[] = [];
    client.on('notice', ({ code }) => notices.push(code));
    await client.start();
    await client.ready(20_000);
    // Far above the block trade at 58 000, below the book.
    const placed = await client.submitOrder({ side: 'buy', price: 59_500, qty: 0.01 });
    expect(placed.status).toBe('accepted');
    await until(() => notices.includes(3101), 'the end', 30_000);
    expect(client.getOrder(placed.order.orderId)).toMatchObject({ state: 'new', filledQty: 0 });
    expect(client.getPosition()).toBe(0);
  }, 60_000);

  it.each(['overwritten-small.gz', 'milli.gz'])(
    '%s is read by a feed',
    async (file) => {
      const name = uniqueName();
      const recording = path.join(data, file);
      await startConnector(name, 'replay', recording, 'BTCUSDT', '--speed', '20');
      const words = ['feed', '--source', 'hft_connector', '--connector', name, '--json'];
      const child = spawn(process.execPath, [main, ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
      const end = once(child, 'exit');
      const trades = (): number => out.match(/"type":"trade"/g)?.length ?? 0;
      // What comes between the registration and the subscription is not the feed's.
      const expected = tradesIn(recording);
      await until(
        () => trades() >= 0.8 * expected,
        () => `most of ${String(expected)} trades; there were ${String(trades())}`,
        30_000,
      );
      child.kill('SIGINT');
      expect((await end)[0]).toBe(0);
      expect(expected).toBeGreaterThan(50);
      expect(trades()).toBeLessThanOrEqual(expected);
    },
    60_000,
  );

  it('is none that `record --recover` touches', async () => {
    const files = readdirSync(data).filter((file) => file.endsWith('.gz'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) copyFileSync(path.join(data, file), path.join(folder, file));
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[main, 'record', '--recover', folder],
    ]);
    expect(stdout).toBe('nothing to recover\n');
    expect(readdirSync(folder).sort()).toEqual(files.sort());
    for (const file of files) {
      const [copy, original] = [folder, data].map((at) => readFileSync(path.join(at, file)));
      expect(copy!.equals(original!), file).toBe(true);
    }
  });
});
