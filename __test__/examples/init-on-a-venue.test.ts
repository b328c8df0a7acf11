// The project that `init` writes, with real orders at the fake venue: `npm run live`, ended as users end it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';

import { writeProject } from '../../lib/cli/init/write-project.js';
import { startStillBybit } from '../support/fake-bybit-venue.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A project as `init` writes it, which may send orders to an environment that is neither mainnet nor testnet. */
function newProject(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-init-venue-'));
  ends.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const template = path.join(root, 'lib', 'cli', 'init', 'template');
  writeProject({ template, folder, version: '0.1.0' });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
  const main = path.join(folder, 'src', 'main.ts');
  const text = readFileSync(main, 'utf8');
  const custom = text.replace('requireEnvironment: environment,', "requireEnvironment: 'custom',");
  expect(custom).not.toBe(text);
  writeFileSync(main, custom);
  return folder;
}

/** A signal for npm and all it has started, as a terminal sends it. */
const tellAll = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  process.kill(-pid!, signal);
};

const ENDS: Readonly<Record<string, (child: ChildProcess) => void>> = {
  'Ctrl+C': (child) => {
    tellAll(child, 'SIGINT');
  },
  SIGTERM: (child) => {
    tellAll(child, 'SIGTERM');
  },
  'a reader that is gone (`| head`)': ({ stdout, stderr }) => {
    stdout?.destroy();
    stderr?.destroy();
  },
};

describeNative('`npm run live` of a new project', () => {
  it.each(Object.keys(ENDS))(
    'leaves no order open at %s',
    async (how) => {
      const venue = await startStillBybit();
      await venue.run('faults', { socket: 'trade', faults: { delayMs: 300 } });
      const child = spawn('npm', ['run', 'live', '--', '--real-orders'], {
        cwd: newProject(),
        detached: true,
        env: { ...process.env, ...venue.env, BYBIT_CONNECTOR_CONFIG_FILE: venue.configFile },
      });
      ends.push(() => {
        if (child.exitCode === null && child.signalCode === null) tellAll(child, 'SIGKILL');
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      const end = once(child, 'close');
      await until(
        async () => (await openOrdersAt(venue)).length > 0 || child.exitCode !== null,
        () => `an open order: ${said}`,
        40_000,
      );
      ENDS[how]!(child);
      const [code] = (await end) as [number | null];
      expect(await openOrdersAt(venue), said).toEqual([]);
      expect(said).toContain('REAL ORDERS');
      // npm itself may end by the signal.
      if (how === 'SIGTERM' || how === 'Ctrl+C') expect(said).toMatch(/ordersLeft: \[\]/);
      else expect(code, said).toBe(0);
      // Nothing was still on its way.
      await sleep(600);
      expect(await openOrdersAt(venue)).toEqual([]);
      expect((await ordersAt(venue)).length).toBeGreaterThan(0);
    },
    90_000,
  );
});
