// `hftbacktest-live replay`: the connector's own replay, started by the command.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { generateStubData } from '../../lib/stub/stub-feeds.js';
import { saveStubNpz } from '../../lib/stub/stub-data-npz.js';
import { uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-replay-'));
});
afterEach(() => {
  try {
    process.kill(-(child?.pid ?? 0), 'SIGKILL');
  } catch {
    // All of its group is gone.
  }
  rmSync(folder, { recursive: true, force: true });
});

function instrument(name: string): LiveInstrument {
  return new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
}

/** Starts `replay` of made-up data in a process group of its own; resolves when it is ready. */
async function replay(name: string, ...args: string[]): Promise<{ trades: number; pid: number }> {
  const data = generateStubData([instrument(name)], { maxFeeds: 2_000 });
  const file = path.join(folder, 'recording.npz');
  saveStubNpz(file, data);
  const words = ['replay', file, 'BTCUSDT', '--name', name, '--ready-json', ...args];
  child = spawn(process.execPath, [main, ...words], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  await until(() => stdout.includes('"type":"ready"'), 'the ready line');
  return { trades: data.feeds.filter(({ trade }) => trade !== null).length, pid: child.pid! };
}

describeNative('the command `replay`', () => {
  it('plays a recording to a bot, and ends with it', async () => {
    const name = uniqueName();
    const { trades } = await replay(name, '--exit-at-end', '--speed', '20');
    const exited = once(child!, 'exit');
    let seen = 0;
    await using client = new LiveClient({
      instruments: [instrument(name)],
      backend: 'native',
      onError: () => undefined,
    });
    client.on('trade', () => (seen += 1));
    await client.start();
    expect(await exited).toEqual([0, null]);
    await until(() => client.health.ringPending === 0, 'everything was read');
    expect(seen).toBe(trades);
  });

  it.each([
    ['a signal to it', (pid: number) => process.kill(pid, 'SIGINT')],
    [
      'Ctrl+C in the terminal, which its connector gets too',
      (pid: number) => process.kill(-pid, 'SIGINT'),
    ],
  ])('ends in order at %s', async (_how, end) => {
    const { pid } = await replay(uniqueName());
    const exited = once(child!, 'exit');
    end(pid);
    expect(await exited).toEqual([0, null]);
  });
});
