// Programs that only show or record the market, beside an order that another bot has left.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';

import { pagesHeldBy } from '../../lib/cli/doctor/process-pages.js';
import { LiveClient, LiveInstrument } from '../../lib/index.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const PROGRAMS: Readonly<Record<string, (connector: string, folder: string) => string[]>> = {
  'the command serve': (connector) => [
    'dist/cli/main.js',
    ...['serve', '--backend', 'native', '--connector', connector, '--port', '0'],
  ],
  'the command record': (connector, folder) => [
    'dist/cli/main.js',
    ...['record', '--backend', 'native', '--connector', connector, '--out', folder],
  ],
  'examples/live-connector': (connector) => [
    'examples/live-connector/index.mjs',
    ...['--connector', connector, '--json'],
  ],
};

describeNative('an order that another bot has left', () => {
  it.each(Object.keys(PROGRAMS))(
    'is not taken over by %s',
    async (program) => {
      const name = uniqueName();
      const connector = await startConnector(name, 'sim', 'BTCUSDT');
      const pages = (): string[] => [...(pagesHeldBy(connector.pid!, '/dev/shm') ?? [])];
      const leaver = new Program('leave-order', name);
      const id = BigInt((await leaver.line('left ')).split(' ')[2]!);
      leaver.kill('SIGKILL');
      await leaver.end;

      const folder = mkdtempSync(path.join(tmpdir(), 'hbl-read-only-'));
      ending.push(async () => {
        rmSync(folder, { recursive: true });
        return Promise.resolve();
      });
      const before = new Set(pages());
      const child = spawn(process.execPath, PROGRAMS[program]!(name, folder), {
        cwd: root,
        stdio: 'ignore',
      });
      const end = once(child, 'close');
      ending.push(async () => {
        child.kill('SIGINT');
        await end;
      });
      await until(() => pages().some((page) => !before.has(page)), `the bot of ${program}`, 20_000);

      const trader = new LiveClient({
        instruments: [new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001)],
        backend: 'native',
      });
      ending.push(() => trader.close());
      await trader.start();
      await trader.ready(20_000);
      expect(child.exitCode).toBeNull();
      expect(trader.getOrders().map(({ orderId }) => orderId)).toContain(id);
      expect((await trader.cancelOrder(id)).status).toBe('canceled');
    },
    60_000,
  );
});
