#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { errorText } from '../models/error-text.js';
import { packageRoot } from '../native/package-root.js';
import { inCommandWords } from './command-words.js';
import { runDemo } from './demo.js';
import { demoCommand } from './demo-options.js';
import { addDoctor } from './doctor-command.js';
import { EXIT_CODES } from './exit-codes.js';
import { failureOf } from './failure.js';
import { addFeed } from './feed-command.js';
import { endQuietlyWithoutReader } from './quiet-pipe.js';
import { addInit } from './init/init-command.js';
import { addRecord } from './record-command.js';
import { addReplay } from './replay-command.js';
import { addServe } from './serve-command.js';
import { isUsageError, throwUsageErrors } from './usage-errors.js';

function version(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}

endQuietlyWithoutReader();
const program = new Command('hftbacktest-live')
  .description("Live trading bots in TypeScript on hftbacktest's Rust core.")
  .version(version())
  .addHelpText(
    'after',
    `
Try first:
  hftbacktest-live doctor    what is missing on this machine
  hftbacktest-live demo      trades on a simulated exchange until Ctrl+C
  hftbacktest-live init bot  a project of your own in the folder bot
`,
  );
addInit(program, version());
program.addCommand(demoCommand(runDemo));
addFeed(program);
addServe(program);
addRecord(program);
addReplay(program);
addDoctor(program);

program.addHelpText('after', `\n${EXIT_CODES}`);

throwUsageErrors(program);
program.parseAsync().catch((thrown: unknown) => {
  const error = inCommandWords(thrown);
  if (isUsageError(error)) {
    if (error.exitCode === 0) return; // --help and --version.
  } else process.stderr.write(`hftbacktest-live: ${errorText(error)}\n`);
  // What follows `replay` is the connector's.
  if (process.argv.includes('--json') && process.argv[2] !== 'replay')
    process.stdout.write(`${JSON.stringify({ error: failureOf(error) })}\n`);
  process.exitCode = 1;
});
