// Commands and runs that get no market: the connector is not there, or refuses the symbol or its sizes.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LiveInstrument, runLive } from '../../lib/index.js';
import { connectorOfSuite, startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-absent-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs a command to its end. */
async function run(command: string, ...args: string[]): Promise<Ended> {
  const beganMs = performance.now();
  return await new Promise((resolve) => {
    const words = [main, command, ...args];
    // A feed writes more than the usual limit, at which `execFile` would end it.
    const options = { cwd: folder, maxBuffer: 256 << 20 };
    const child = execFile(process.execPath, words, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr, ms: performance.now() - beganMs });
    });
  });
}

/** The error object of `--json`: the last line. */
function errorOf(stdout: string): Record<string, string> {
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    error?: Record<string, string>;
  };
  return last.error ?? {};
}

const COMMANDS = [
  ['record', []],
  ['feed', []],
  ['demo', []],
  ['serve', ['--port', '0', '--connect-seconds', '2']],
] as const;

describeNative('a command for a connector that does not run', () => {
  it.each(COMMANDS)('%s says so at once and ends with 1', async (command, more) => {
    const name = uniqueName();
    const ended = await run(command, '--connector', name, '--seconds', '30', '--json', ...more);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.ms).toBeLessThan(12_000);
    expect(ended.stderr).toContain(`connector ${name} is not there`);
    expect(errorOf(ended.stdout)).toEqual({
      code: 'ERR_CONNECTOR_DOWN',
      message: expect.stringContaining(`connector ${name} is not there`) as string,
      remedy: expect.stringContaining('hftbacktest-live doctor') as string,
    });
  });

  it('names those that run', async () => {
    const there = uniqueName();
    await startConnector(there, 'sim', 'BTCUSDT');
    const { stderr } = await run('record', '--connector', uniqueName(), '--connect-seconds', '1');
    expect(stderr).toMatch(new RegExp(`There run .*${there}`));
  });

  it('serve waits for it unless it is reported how long, and says so', async () => {
    const name = uniqueName();
    const sizes = ['--tick', '0.1', '--lot', '0.001'];
    const ended = await run(
      'serve',
      '--connector',
      name,
      '--seconds',
      '4',
      '--port',
      '0',
      ...sizes,
    );
    expect(ended.stderr).toContain(`connector ${name}: not there yet, waiting for it`);
    expect(ended.stderr).toContain('live page: http://');
    expect(ended.code).toBe(0);
  });

  it('record waits as long as it is reported, and records', async () => {
    const name = uniqueName();
    const out = path.join(folder, 'late');
    const running = run(
      'record',
      ...['--connector', name, '--connect-seconds', '30', '--seconds', '14', '--out', out],
    );
    await startConnector(name, 'sim', 'BTCUSDT');
    const ended = await running;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain('complete: nothing was lost');
    expect(readdirSync(out)).toHaveLength(1);
  });
});

describeNative('a connector that refuses', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT', 'NOPEUSDT');

  it.each(COMMANDS)('the symbol: %s says so at once and ends with 1', async (command, more) => {
    const words = ['--connector', name, '--symbol', 'DOGEUSDT', '--seconds', '30', '--json'];
    const ended = await run(command, ...words, ...more);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.ms).toBeLessThan(12_000);
    expect(errorOf(ended.stdout)).toMatchObject({
      code: 'ERR_INSTRUMENT_NOT_FOUND',
      message: expect.stringContaining('DOGEUSDT') as string,
    });
  });

  it.each(COMMANDS)('the sizes: %s says so at once and ends with 1', async (command, more) => {
    const sizes = ['--tick', '0.5', '--lot', '0.001', '--seconds', '30', '--json'];
    const ended = await run(command, '--connector', name, ...sizes, ...more);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.ms).toBeLessThan(12_000);
    expect(errorOf(ended.stdout)).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('BTCUSDT has tick size 0.1 and lot size 0.001') as string,
    });
  });

  it('is asked for the sizes that are not given, for each symbol', async () => {
    const out = path.join(folder, 'asked');
    const words = ['--connector', name, '--symbol', 'BTCUSDT', 'NOPEUSDT', '--out', out];
    const ended = await run('record', ...words, '--seconds', '12', '--format', 'both', '--json');
    expect(ended.code, ended.stderr).toBe(0);
    const stems = (symbol: string): string[] =>
      readdirSync(out).filter((file) => file.startsWith(symbol));
    for (const symbol of ['BTCUSDT', 'NOPEUSDT']) {
      const files = stems(symbol);
      expect(files.map((file) => path.extname(file)).sort()).toEqual(['.gz', '.npz']);
      expect(new Set(files.map((file) => path.parse(file).name)).size).toBe(1);
    }
    const end = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as object;
    expect(end).toMatchObject({ type: 'end', complete: true, losses: { gaps: 0 } });
  });

  it('takes several symbols of a file, each with its own sizes', async () => {
    const file = path.join(folder, 'instruments.toml');
    writeFileSync(
      file,
      '[[symbols]]\nsymbol = "BTCUSDT"\ntick_size = 0.1\nlot_size = 0.001\n\n[[symbols]]\nsymbol = "NOPEUSDT"\ntick_size = 0.01\nlot_size = 0.01\n',
    );
    const words = ['--connector', name, '--instruments', file, '--seconds', '12', '--json'];
    const ended = await run('feed', ...words);
    expect(ended.code, ended.stderr).toBe(0);
    const symbols = ended.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { symbol: string }).symbol);
    expect(new Set(symbols)).toEqual(new Set(['BTCUSDT', 'NOPEUSDT']));
  });
});

describeNative('a connector without its venue', () => {
  /** Nothing listens there. */
  const nowhere = `public_url = "ws://127.0.0.1:1/v5/public/linear"
private_url = "ws://127.0.0.1:1/v5/private"
trade_url = "ws://127.0.0.1:1/v5/trade"
rest_url = "http://127.0.0.1:1"
paper_trading = true
`;

  it.each(['record', 'serve'])('%s says why it has no sizes, while it waits', async (command) => {
    const file = path.join(folder, `${command}-sizes.toml`);
    writeFileSync(file, nowhere);
    const words = ['--start', 'bybit', '--config', file, '--seconds', '3', '--json'];
    const more = command === 'serve' ? ['--port', '0'] : ['--out', path.join(folder, 'none')];
    const ended = await run(command, ...words, ...more);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/BTCUSDT: the connector reported .*Connection refused/);
    expect(errorOf(ended.stdout)).toMatchObject({
      code: 'ERR_TIMEOUT',
      remedy: expect.stringContaining('lines above') as string,
    });
  });

  it.each([
    ['record', 'ERR_END_OF_DATA', 'nothing was recorded of BTCUSDT'],
    ['demo', 'ERR_BOOK_NOT_LIVE', 'no live book of BTCUSDT'],
  ])('%s of nothing is no success', async (command, code, words) => {
    const name = uniqueName();
    const file = path.join(folder, `${command}.toml`);
    writeFileSync(file, nowhere);
    await startConnector(name, 'bybit', 'BTCUSDT', file);
    const sizes = ['--tick', '0.1', '--lot', '0.001'];
    const ended = await run(command, '--connector', name, ...sizes, '--seconds', '4', '--json');
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.ms).toBeLessThan(15_000);
    const { code: said, message } = errorOf(ended.stdout);
    expect([said, message]).toEqual([code, expect.stringContaining(words)]);
  });
});

describeNative('a command that is stopped while it asks for the sizes', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');
  const moments = [500, 700, 900, 1_100];
  it.each([
    ['record', ['--source', 'hft_connector']],
    ['record', []],
    ['feed', []],
    ['serve', ['--port', '0']],
  ])('%s %j ends', async (command, more) => {
    const out = command === 'record' ? ['--out', path.join(folder, 'stopped')] : [];
    const ends = moments.map(async (atMs) => {
      const words = [main, command, '--connector', name, ...more, ...out];
      const child = spawn(process.execPath, words, { cwd: folder, stdio: 'ignore' });
      const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await sleep(atMs);
      child.kill('SIGINT');
      const [, signal] = await closed;
      clearTimeout(killer);
      return signal;
    });
    expect(await Promise.all(ends)).not.toContain('SIGKILL');
  });
});

describeNative('runLive', () => {
  const strategy = new URL('../support/programs/idle-strategy.mjs', import.meta.url);
  const on = (connector: string, tick = 0.1, symbol = 'BTCUSDT'): LiveInstrument =>
    new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(0.001);

  it('rejects when its time is over and its connector never came', async () => {
    const name = uniqueName();
    const logs: string[] = [];
    const run = runLive({
      strategy,
      instruments: [on(name)],
      durationMs: 2_600,
      onLog: (text) => logs.push(text),
    });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_DOWN',
      message: expect.stringContaining(`connector ${name} is not there`) as string,
    });
    expect(logs.join('\n')).toContain(`connector ${name} is not there yet, waiting for it`);
  });

  it('rejects after connectTimeoutMs', async () => {
    const run = runLive({ strategy, instruments: [on(uniqueName())], connectTimeoutMs: 300 });
    await expect(run).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
  });

  describe('on a connector that refuses', () => {
    const name = connectorOfSuite('sim', 'BTCUSDT');
    it.each([
      ['the sizes', 'ERR_INVALID_ARGUMENT', on(name, 0.5)],
      ['the symbol', 'ERR_INSTRUMENT_NOT_FOUND', on(name, 0.1, 'DOGEUSDT')],
    ])('%s rejects at once', async (_what, code, instrument) => {
      const run = runLive({ strategy, instruments: [instrument], durationMs: 60_000 });
      await expect(run).rejects.toMatchObject({ code });
    });
  });
});
