// A new user's run of every example and command that sends orders, ended by Ctrl+C or by `| head`: nothing
// stays open.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';

import type { Journal } from '../orders/journal.js';
import { startStillBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { startConnectorWith, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

/** Longer than the venue takes to answer. */
const LATE_MS = 1_000;
const root = path.resolve(import.meta.dirname, '..', '..');
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

interface Running {
  readonly child: ChildProcess;
  readonly end: Promise<[unknown, string]>;
  /** Its output until now. */
  readonly said: () => string;
}

function start(words: readonly string[]): Running {
  const child = spawn(process.execPath, [...words], { cwd: root });
  children.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const end = once(child, 'close').then(([code, signal]): [unknown, string] => {
    children.delete(child);
    return [code ?? signal, said];
  });
  return { child, end, said: () => said };
}

/**
 * A connector that sends real orders to a fake venue, which takes its time to answer: the login of
 * order entry too, so that it comes after everything else is ready.
 */
async function realConnector(): Promise<{ venue: FakeBybitVenue; name: string }> {
  const venue = await startStillBybit();
  const name = uniqueName();
  await venue.run('faults', { socket: 'trade', faults: { delayMs: 600 } });
  await startConnectorWith(venue.env, name, 'bybit', 'BTCUSDT', venue.configFile, '--paper=false');
  return { venue, name };
}

const example = (folder: string): string => path.join('examples', folder, 'index.mjs');
const typescript = ['--import', 'hftbacktest-live/typescript'];
const PROGRAMS: Readonly<Record<string, (connector: string) => string[]>> = {
  'examples/async': (connector) => [example('async'), connector, 'BTCUSDT', '60'],
  'examples/callbacks': (connector) => [example('callbacks'), connector, 'BTCUSDT', '60'],
  'examples/sync': (connector) => [example('sync'), connector, 'BTCUSDT', '60'],
  'examples/market-maker': (connector) => [
    example('market-maker'),
    '--connector',
    connector,
    '--half-spread',
    '0.002',
  ],
  'examples/quoter, strategy mode': (connector) => [
    ...typescript,
    'examples/quoter/run.ts',
    connector,
  ],
  'examples/quoter, client mode': (connector) => [
    ...[...typescript, 'examples/quoter/client.ts'],
    ...[connector, '60'],
  ],
  'the command demo': (connector) => [
    'dist/cli/main.js',
    'demo',
    '--connector',
    connector,
    '--real-orders',
  ],
};

const BRIEF: readonly string[] = ['examples/async', 'examples/callbacks'];

/** How a program is reported to end. */
const ENDS: Readonly<Record<string, (running: Running) => Promise<void>>> = {
  SIGINT: async ({ child }) => Promise.resolve(void child.kill('SIGINT')),
  SIGTERM: async ({ child }) => Promise.resolve(void child.kill('SIGTERM')),
  // As `2>&1 | head`: the next write fails. Programs that write at their end only get a Ctrl+C for that.
  'a reader that is gone': async ({ child, end }) => {
    child.stdout?.destroy();
    child.stderr?.destroy();
    await Promise.race([end, sleep(3_000)]);
    child.kill('SIGINT');
  },
};

describeNative('Ctrl+C leaves no order open', () => {
  it.each(Object.keys(PROGRAMS).flatMap((name) => Object.keys(ENDS).map((how) => [name, how])))(
    '%s, ended by %s',
    async (program, how) => {
      const { venue, name } = await realConnector();
      // Those that cancel their order at once may have none open when one looks.
      const waitsFor = BRIEF.includes(program) ? ordersAt : openOrdersAt;
      const running = start(PROGRAMS[program]!(name));
      // Refused until the connector has read the account: then the first order is there.
      await Promise.race([
        running.end.then(([code, said]) => {
          throw new Error(`${program} ended by itself with ${String(code)}: ${said}`);
        }),
        until(
          async () => (await waitsFor(venue)).length > 0,
          () => `an order at the venue; ${program} said: ${running.said()}`,
          30_000,
        ),
      ]);
      await ENDS[how]!(running);
      const [code, said] = await running.end;
      expect(await openOrdersAt(venue), said).toEqual([]);
      expect(code, said).toBe(0);
      // Nothing was still on its way when the program ended: the venue's own ledger, later.
      await sleep(LATE_MS);
      const { orders } = await venue.run<Journal>('journal');
      const own = orders.filter(({ foreign }) => !foreign);
      expect(own.length, said).toBeGreaterThan(0);
      expect(
        own.filter(({ endedUs }) => endedUs === null),
        said,
      ).toEqual([]);
    },
    60_000,
  );
});
