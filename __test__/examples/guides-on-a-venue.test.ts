// The programs of README and guides that send orders, with real orders at the fake venue in the place of the
// simulator: none leaves an order open behind it, unless it says which.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { uniqueName } from '../support/live-connector-process.js';
import { asJavaScript, programsOf, root, type Program } from '../support/markdown-programs.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs', 'guide')).map((name) => `docs/guide/${name}`),
];
const isRunner = ({ code }: Program): boolean => code.includes('runLive(');
const trades = ({ code }: Program): boolean => /\.submit\w*\(|runLive\(/.test(code);
/** It asks for the stub, for refusals of the simulator, or for a venue of the test kit. */
const isMadeUp = ({ code }: Program): boolean =>
  /backend: 'stub'|faults:|hftbacktest-live\/testing/.test(code);
/** Recipes that join a connector that the reader has started: there is none in them that could be another. */
const NO_OTHER_CONNECTOR: ReadonlySet<string> = new Set([
  'Restart with open orders',
  'Watch and record a strategy',
]);
const programs = pages.flatMap((page) => {
  const ofPage = programsOf(page);
  const modules = ofPage.filter(({ file, code }) => file !== undefined && !code.includes('await '));
  return ofPage
    .filter((program) => trades(program) && !isMadeUp(program) && !modules.includes(program))
    .map((program) => ({ page, heading: program.heading, program, modules }))
    .filter(({ heading }) => !NO_OTHER_CONNECTOR.has(heading));
});

const nameOf = ({ page, heading }: { page: string; heading: string }): string =>
  `${path.basename(page)} ${heading}`;
/** They buy at the best ask and end: what is not filled rests, and is named. */
const MAY_LEAVE: readonly string[] = [
  'bybit.md In one process',
  'several-instruments.md Several symbols on one connector',
];

const folder = mkdtempSync(path.join(tmpdir(), 'hbl-guides-venue-'));

beforeAll(() => {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The program with real orders; throws where it names no connector that could be another. */
function withRealOrders(program: Program, { configFile }: FakeBybitVenue): string {
  const file = JSON.stringify(configFile);
  const options = `kind: 'bybit', paper: false, configFile: ${file}`;
  const code = asJavaScript(program).replaceAll(/(['"])mine\1/g, `'${uniqueName()}'`);
  const real = code
    .replace("connector: { kind: 'sim' }", `connector: { ${options} }`)
    .replace("kind: 'bybit', configFile: 'bybit-fake.toml'", options)
    .replace(/args: \[('[^']+'), 'sim'\]/, `args: [$1, 'bybit', ${file}, '--paper=false']`)
    .replaceAll(".connector('sim')", ".connector('bybit')");
  if (real === code) throw new Error('there is no connector in it that could be another');
  return real;
}

const fileOf = ({ file }: Program): string => file?.replace(/\.mts$/, '.mjs') ?? 'program.mjs';

it('are found', () => {
  expect(programs.map(nameOf)).toEqual(
    expect.arrayContaining([
      'README.md hftbacktest-live',
      'bybit.md In one process',
      'orders-and-outcomes.md Send an order and handle its outcome',
      'quick-start.md The first bot',
      'several-instruments.md Several symbols on one connector',
      'strategies.md A strategy and its runner',
      'strategies.md The low-level bot',
    ]),
  );
});

describeNative('a program of the guides that trades', () => {
  it.each(programs)(
    'leaves no order open at its end: $page, $heading',
    async (each) => {
      const { program, modules } = each;
      const venue = await startFakeBybit();
      for (const module of modules)
        writeFileSync(path.join(folder, fileOf(module)), asJavaScript(module));
      writeFileSync(path.join(folder, fileOf(program)), withRealOrders(program, venue));
      const child = spawn(process.execPath, [fileOf(program)], {
        cwd: folder,
        env: { ...process.env, ...venue.env },
        timeout: 50_000,
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      const end = once(child, 'close');
      // One that runs for some time gets a Ctrl+C while it has an order.
      if (isRunner(program)) {
        await until(
          async () => (await openOrdersAt(venue)).length > 0 || child.exitCode !== null,
          () => `an order at the venue: ${said}`,
          30_000,
        );
        child.kill('SIGINT');
      }
      const [status] = (await end) as [number | null];
      expect(status, said).toBe(0);
      expect((await ordersAt(venue)).length, said).toBeGreaterThan(0);
      const left = await openOrdersAt(venue);
      if (!MAY_LEAVE.includes(nameOf(each))) expect(left, said).toEqual([]);
      else if (left.length > 0) expect(said).toMatch(/orders? may be open at the venue/);
      expect(said).toContain('REAL ORDERS');
    },
    60_000,
  );
});
