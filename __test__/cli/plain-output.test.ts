// Colours and cursor moves: in a terminal that takes them, and nowhere else.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { createFeedLogger } from '../../lib/feed/feed-logger.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const ESCAPE = '\u001b';
/** util-linux: runs a command in a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).status === 0;

/** What a command writes to a terminal. */
function inTerminal(command: string, env: NodeJS.ProcessEnv): string {
  const run = spawnSync('script', ['-qec', `"$NODE" "$MAIN" ${command}`, '/dev/null'], {
    encoding: 'utf8',
    timeout: 18_000,
    env: { PATH: process.env['PATH'], TERM: 'xterm', NODE: process.execPath, MAIN: main, ...env },
  });
  expect(run.stdout.length, run.stderr).toBeGreaterThan(20);
  return run.stdout;
}

const PLAIN = [{ NO_COLOR: '1' }, { TERM: 'dumb' }];
const COMMANDS: readonly [string, string, NodeJS.ProcessEnv][] = [
  ['doctor', 'doctor', {}],
  // Without the connector's binary it logs why it cannot connect.
  ['the log of feed', 'feed --source bybit_connector', { HFTBACKTEST_LIVE_CONNECTOR: '/nowhere' }],
];

describe.runIf(hasScript)('in a terminal', () => {
  it.each(COMMANDS)('%s is in colour', (_what, command, env) => {
    expect(inTerminal(command, env)).toContain(`${ESCAPE}[3`);
  });

  it.each(COMMANDS.flatMap(([what, ...rest]) => PLAIN.map((env) => [what, env, ...rest] as const)))(
    '%s has no colours with %j',
    (_what, plain, command, env) => {
      expect(inTerminal(command, { ...env, ...plain })).not.toContain(ESCAPE);
    },
  );

  it('the demo moves no cursor in one that is dumb, and has no colours with NO_COLOR', () => {
    const demo = 'demo --backend stub --seconds 2';
    expect(inTerminal(demo, {})).toContain(`${ESCAPE}[3`);
    expect(inTerminal(demo, { TERM: 'dumb' })).not.toContain(ESCAPE);
    const plain = inTerminal(demo, { NO_COLOR: '1' });
    expect(plain).toContain(`${ESCAPE}[H`);
    expect(plain).not.toMatch(/\u001b\[[\d;]*m/);
  });
});

describe('the log of a feed that was asked to be pretty', () => {
  it.each([
    [{}, true],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
  ])('with %j is in colour: %s', (env, isInColor) => {
    const lines: string[] = [];
    const logger = createFeedLogger({ pretty: true, env, write: (line) => lines.push(line) });
    logger.warn({ event: 'something', code: 5 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.includes(ESCAPE)).toBe(isInColor);
    expect(lines[0]?.replaceAll(/\u001b\[\d+m/g, '')).toMatch(
      /^[\d:.]{12} warn {2}something code=5\n$/,
    );
  });
});
