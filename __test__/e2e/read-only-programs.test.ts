// Programs that only show or record the market, beside an order that another bot has left.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';

import type { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { LiveClient, LiveInstrument } from '../../lib/index.js';
import { startFakeBybit } from '../support/fake-bybit-venue.js';
import {
  startConnector,
  startConnectorWith,
  uniqueName,
} from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface ReadOnlyProgram {
  readonly args: (connector: string, folder: string) => string[];
  /** Starts the connector that it looks at; default: a simulated venue. */
  readonly start?: (name: string) => Promise<ConnectorProcess>;
  /** Where the orders of that connector go. */
  readonly orders?: string;
}

const cli = (...words: string[]): string[] => ['dist/cli/main.js', ...words];

/** A connector with real orders, at a fake Bybit. */
async function realConnector(name: string): Promise<ConnectorProcess> {
  const { env, configFile } = await startFakeBybit();
  return startConnectorWith(env, name, 'bybit', 'BTCUSDT', configFile, '--paper=false');
}

const PROGRAMS: Readonly<Record<string, ReadOnlyProgram>> = {
  'the command serve': {
    args: (connector) =>
      cli('serve', '--backend', 'native', '--connector', connector, '--port', '0'),
  },
  'the command record': {
    args: (connector, folder) =>
      cli('record', '--backend', 'native', '--connector', connector, '--out', folder),
  },
  'the command record of a feed': {
    args: (connector, folder) =>
      cli('record', '--source', 'hft_connector', '--connector', connector, '--out', folder),
  },
  'the command feed': {
    args: (connector) => cli('feed', '--source', 'hft_connector', '--connector', connector),
  },
  'the command demo where orders are real': {
    args: (connector) => cli('demo', '--backend', 'native', '--connector', connector),
    start: realConnector,
    orders: 'real',
  },
  'examples/live-connector': {
    args: (connector) => ['examples/live-connector/index.mjs', '--connector', connector, '--json'],
  },
  'examples/two-instruments': {
    args: (connector) => [
      ...['--import', 'hftbacktest-live/typescript'],
      ...['examples/two-instruments/listen.ts', connector, '60'],
    ],
    start: (name) => startConnector(name, 'sim', 'BTCUSDT', 'ETHUSDT'),
  },
};

describeNative('an order that another bot has left', () => {
  it.each(Object.keys(PROGRAMS))(
    'is not taken over by %s',
    async (program) => {
      const { args, start, orders = 'simulated' } = PROGRAMS[program]!;
      const name = uniqueName();
      const connector = await (start?.(name) ?? startConnector(name, 'sim', 'BTCUSDT'));
      // Only a registration takes orders over: who asked earlier than the program would get them anyway.
      let registrations = 0;
      connector.on('log', (line) => {
        if (/bot registered .*BTCUSDT/.test(line)) registrations += 1;
      });
      const leaver = new Program('leave-order', name);
      const id = BigInt((await leaver.line('left ')).split(' ')[2]!);
      leaver.kill('SIGKILL');
      await leaver.end;

      const folder = mkdtempSync(path.join(tmpdir(), 'hbl-read-only-'));
      ending.push(async () => {
        rmSync(folder, { recursive: true });
        return Promise.resolve();
      });
      await until(() => registrations > 0, 'the bot that has left');
      const before = registrations;
      const child = spawn(process.execPath, args(name, folder), {
        cwd: root,
        stdio: 'ignore',
      });
      const end = once(child, 'close');
      ending.push(async () => {
        child.kill('SIGINT');
        await end;
      });
      await until(() => registrations > before, `the bot of ${program}`, 20_000);

      const trader = new LiveClient({
        instruments: [new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001)],
        backend: 'native',
      });
      ending.push(() => trader.close());
      await trader.start();
      await trader.ready(20_000);
      expect(child.exitCode).toBeNull();
      expect(trader.health.connectors).toMatchObject([{ orders }]);
      expect(trader.getOrders().map(({ orderId }) => orderId)).toContain(id);
      expect((await trader.cancelOrder(id)).status).toBe('canceled');
    },
    60_000,
  );
});
