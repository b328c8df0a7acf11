// Every program of the guides runs as it stands: documentation that cannot drift.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { uniqueName } from '../support/live-connector-process.js';
import { asJavaScript, programsOf, root, type Program } from '../support/markdown-programs.js';
import { describeNative } from '../support/native-suite.js';

const guides = readdirSync(path.join(root, 'docs', 'guide')).map((name) => `docs/guide/${name}`);
const runnable = (page: string): Program[] => programsOf(page).filter(({ runs }) => runs);
/** Nothing that a guide forgets to mark may reach the internet. */
const nowhere = 'ws://127.0.0.1:9';
const env = {
  ...process.env,
  BINANCE_DEPTH_URL: nowhere,
  BINANCE_TRADES_URL: nowhere,
  BINANCE_REST_URL: 'http://127.0.0.1:9',
};

/** What each program prints, by page and heading, in the order of the page. */
const PRINTS: Readonly<Record<string, readonly RegExp[]>> = {
  'quick-start.md The first bot': [
    /type: 'trade'.*\npending_new\n.*filled 0\.001 @ \d+.*\nnative position 0\.001\n$/s,
  ],
  'quick-start.md The same in TypeScript': [/^\d+\.\d \/ \d+\.\d$/m],
  'quick-start.md React with handlers': [/^$/, /^top \d+(\.\d)? \d+(\.\d)?$/m],
  'quick-start.md Iterate': [/^(\d{13} \d+(\.\d)?\n){3}$/],
  'quick-start.md Take one event at a time': [/^\d+(\.\d)? undefined$/m],
  'strategies.md A strategy and its runner': [
    /^$/,
    /backend: 'native',\s+reason: 'duration',\s+trades: [1-9]\d*,\s+ordersSubmitted: [1-9]/,
  ],
  'strategies.md The low-level bot': [/^canceled 0 native$/m],
  'orders-and-outcomes.md Orders and outcomes': [/^$/],
  'orders-and-outcomes.md Send an order and handle its outcome': [/^canceled\n0 \[\]$/m],
  'orders-and-outcomes.md Wait for the end of an order': [/^filled 0\.001 \d+(\.\d)?$/m],
  'orders-and-outcomes.md Quotes': [/^\[ '(accepted|expired)', '(accepted|expired)' \] false$/m],
  'orders-and-outcomes.md Orders across restarts': [/^\[\]$/m],
  'orders-and-outcomes.md On exit': [/^0 orders open$/m],
  'recipes.md Stop and flatten': [
    /^$/,
    /cancelsUnanswered: 0,\s+submitsAsked: [01],\s+submitsRefused: 0\s*\}.* 0\n$/s,
  ],
  'recipes.md Restart with open orders': [
    /^$/,
    /first position 0\n.*first 1 open\n.*second open since before: \d+ buy 0\.001 @ \d+\nsecond position 0\n.*second 1 open\n/s,
  ],
  'recipes.md Watch and record a strategy': [
    /^(?=.*^page http:\/\/127\.0\.0\.1:\d+\/$)(?=.*^(buy|sell) 0\.00\d+ filled$).*[1-9]\d* trades\n$/ms,
  ],
  'several-instruments.md Several symbols on one connector': [
    /^BTCUSDT [45]\d+(\.\d)?\nETHUSDT 2\d+(\.\d+)?\n(accepted|filled)$/m,
  ],
  'several-instruments.md Several connectors': [/ simulated\n.* simulated\n$/],
  'connectors.md Let your program start it': [/^simulated$/m],
  'connectors.md Run it as a process of its own': [/kind: 'sim'.*true/s],
  "connectors.md Run it on the bot's own thread": [/^\d+(\.\d)? simulated$/m],
  'connectors.md Paper or real orders': [/^simulated$/m],
  'testing.md A strategy in virtual time': [/^2 1 live\n$/],
  'testing.md On the stub': [/^stub \d+(\.\d)?$/m],
  'testing.md A strategy in a unit test': [/^\[ 0\.001 \]$/m],
  'testing.md Keep data of the stub': [/^[1-9]\d*$/m],
  'testing.md On the simulated exchange': [/^(accepted|filled|rejected|expired)$/m],
  'deployment.md A bot that can be stopped': [/^trading simulated$/m],
  'deployment.md pm2': [/^$/],
  'monitoring.md Health in the program': [
    /^native connected \d+(\.\d+)? \d.*\{ gaps: 0, lost: 0, dropped: 0 \}/ms,
  ],
  'monitoring.md The server': [/^http:\/\/127\.0\.0\.1:\d+\/$/m],
  'feeds.md First feed': [/^((trade|depth) stub BTCUSDT\n){3}$/],
  'feeds.md Data sources': [/^my_venue BTCUSDT 100\n$/],
  'feeds.md Figures and health': [/^BTCUSDT \d+(\.\d)? \d+(\.\d+)?$/m],
  'waiting.md Waiting': [/^\d+(\.\d)?$/m],
  'errors.md Errors': [
    /^ERR_CONNECTOR_DOWN true not ready after 200 ms: connector \S+ is not there/m,
  ],
};

/** The file that a program is run from; names and ports that others may have are made unique. */
function writeProgram(folder: string, program: Program, index: number): string {
  const file = program.file?.replace(/\.mts$/, '.mjs') ?? `program-${String(index)}.mjs`;
  const code = asJavaScript(program)
    .replaceAll(/(['"])mine\1/g, `'${uniqueName()}'`)
    .replaceAll('port: 8787', 'port: 0');
  writeFileSync(path.join(folder, file), code);
  return file;
}

/** Runs a program to its end; one that waits for a signal gets it when it has printed something. */
async function run(folder: string, file: string, code: string): Promise<string> {
  const child = spawn(process.execPath, [file], { cwd: folder, env, timeout: 40_000 });
  const signal = /'(SIGTERM|SIGINT)'/.exec(code)?.[1] as 'SIGTERM' | 'SIGINT' | undefined;
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (stdout === '' && signal !== undefined) child.kill(signal);
    stdout += chunk;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status, stderr).toBe(0);
  // `ctx.log` of strategies (the id of an order and its state), and the log of feeds.
  const complaints = stderr.replaceAll(/^(\d+ \w+|\{"level":"(info|warn)".*)$/gm, '').trim();
  expect(complaints, 'on standard error').toBe('');
  return stdout;
}

it('PRINTS names every program of the guides, and no other', () => {
  const counts = guides.flatMap((page) =>
    runnable(page).map(({ heading }) => `${path.basename(page)} ${heading}`),
  );
  const listed = Object.entries(PRINTS).flatMap(([key, prints]) => prints.map(() => key));
  expect(listed.sort()).toEqual(counts.sort());
});

describeNative('a guide', () => {
  describe.each(guides.filter((page) => runnable(page).length > 0))('%s', (page) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hbl-guide-'));
    const programs = runnable(page);
    const files = new Map<Program, string>();

    beforeAll(() => {
      mkdirSync(path.join(folder, 'node_modules'));
      symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
      for (const [index, program] of programs.entries())
        files.set(program, writeProgram(folder, program, index));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(programs.map((program, index) => ({ ...program, program, index })))(
      '$heading ($index) runs as it stands',
      async ({ program, heading, code }) => {
        const key = `${path.basename(page)} ${heading}`;
        const same = programs.filter((each) => each.heading === heading);
        const expected = PRINTS[key]?.[same.indexOf(program)];
        const out = await run(folder, files.get(program) ?? '', code);
        expect(out).toMatch(expected ?? /(?!)/);
      },
    );
  });
});
