import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { Command } from 'commander';

import { findConnector } from '../connector/find-connector.js';

/** A connector whose end was asked for is gone by then. */
const PASS_ON_MS = 500;

interface ReplayOptions {
  readonly name: string;
}

/** Adds `replay`: the connector's own `replay` with everything that it takes. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('Play recordings back to bots: `connector NAME replay FILE…` with its options.')
    .argument('<words...>', 'recordings, a symbol for event arrays, and options of the connector')
    .option('--name <name>', 'name that bots connect to', 'replay')
    .allowUnknownOption()
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
