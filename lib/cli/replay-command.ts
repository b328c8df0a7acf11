import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { Command } from 'commander';

import { findConnector } from '../connector/find-connector.js';

/** A connector whose end was asked for is gone by then. */
const PASS_ON_MS = 500;

const EXAMPLE = `
Options of the connector:
  --speed <n>    times as fast as recorded, or max or step (default: 1)
  --loop         begin again at the end
  Bots are waited for before it begins. All options: docs/guide/replay.md

Example:
  hftbacktest-live replay recordings/BTCUSDT_20261130-120000.npz --speed 10
`;

interface ReplayOptions {
  readonly name: string;
}

/** Adds `replay`: the connector's own `replay` with everything that it takes. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('Play recordings back to bots: the connector `replay` with its options.')
    .argument(
      '<recording...>',
      'files, a symbol where their names have none, and options of the connector',
    )
    .option('--name <name>', 'name that bots connect to', 'replay')
    .allowUnknownOption()
    .addHelpText('after', EXAMPLE)
    .action(async (words: readonly string[], options: ReplayOptions) => {
      const child = spawn(findConnector(), [options.name, 'replay', ...words], {
        stdio: 'inherit',
      });
      // From a terminal the connector has it already, and a second one would end it at once.
      const pass = (signal: NodeJS.Signals): void => {
        setTimeout(() => child.kill(signal), PASS_ON_MS);
      };
      process.on('SIGINT', pass).on('SIGTERM', pass);
      const [code] = (await once(child, 'exit')) as [number | null];
      process.off('SIGINT', pass).off('SIGTERM', pass);
      process.exitCode = code ?? 1;
    });
}
