// `hftbacktest-live feed` as a program, on a fake Binance.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { BUILT_IN_SOURCES } from '../../lib/feed/feed-settings.js';
import { startBusyBinance } from '../support/busy-binance.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

async function feed(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<{ stdout: string; stderr: string }> {
  return await promisify(execFile)(process.execPath, [main, 'feed', ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
}

it('prints the events of a data source as JSON, one per line, and counts them at the end', async () => {
  const venue = await startBusyBinance();
  const { stdout, stderr } = await feed(
    venue,
    '--source',
    'binance_ws',
    '--json',
    '--seconds',
    '2',
  );
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.length).toBeGreaterThan(10);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['trade', 'depth']));
  expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['binance']));
  expect(stderr).toMatch(/feed: \d+ trades, \d+ book updates, dropped 0/);
});

it('ends in order at a Ctrl+C while it still connects', async () => {
  // Takes connections and never answers.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const connected = once(silent, 'connection') as Promise<[Socket]>;
  const url = `ws://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
  const child = spawn(process.execPath, [main, 'feed', '--source', 'binance_ws'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], BINANCE_DEPTH_URL: url, BINANCE_TRADES_URL: url },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const closed = once(child, 'close');
  const [socket] = await connected;
  child.kill('SIGINT');
  expect(await closed, stderr).toEqual([0, null]);
  expect(stderr).toContain('feed: 0 trades');
  socket.destroy();
  silent.close();
});

it('ends after --seconds while it still connects, and says so', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const sockets: Socket[] = [];
  silent.on('connection', (socket: Socket) => sockets.push(socket));
  const url = `ws://127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
  const run = promisify(execFile)(
    process.execPath,
    [main, 'feed', '--source', 'binance_ws', '--seconds', '1'],
    {
      env: { PATH: process.env['PATH'], BINANCE_DEPTH_URL: url, BINANCE_TRADES_URL: url },
      timeout: 8_000,
    },
  );
  try {
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('binance_ws: not connected within 1 s') as string,
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

it('reads the connector that it is given, unless the data source is named too', async () => {
  // No connector of this name runs, and none is made up.
  await expect(feed({}, '--connector', 'mine', '--seconds', '0.1')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('feed: hft_connector (connector mine), BTCUSDT') as string,
  });
  await expect(feed({}, '--source', 'nonsense', '--connector', 'mine')).rejects.toMatchObject({
    stderr: expect.stringContaining('nonsense') as string,
  });
});

it('ends in order and without a word when nobody reads its output any more', async () => {
  const command = `"$0" "$1" feed --source binance_ws --json --seconds 20 | head -n 2; exit \${PIPESTATUS[0]}`;
  const venue = await startBusyBinance();
  const began = performance.now();
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    ['-c', command, process.execPath, main],
    { env: { PATH: process.env['PATH'], ...venue } },
  );
  expect(stdout.trim().split('\n')).toHaveLength(2);
  expect(stderr).not.toMatch(/EPIPE|Error/);
  expect(performance.now() - began).toBeLessThan(15_000);
});

it('names every data source in its help', async () => {
  const { stdout } = await feed({}, '--help');
  for (const source of BUILT_IN_SOURCES) expect(stdout).toContain(source);
});

it('refuses a data source that there is not', async () => {
  await expect(feed({}, '--source', 'nonsense')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nonsense') as string,
  });
});
