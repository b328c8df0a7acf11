import type { Command } from 'commander';

import { onRefusal } from './await-connectors.js';
import {
  addClientOptions,
  addConnectSeconds,
  clientOf,
  connected,
  instrumentsOf,
  type ClientCommandOptions,
} from './client-command.js';
import { EXIT_CODES } from './exit-codes.js';
import { positive } from './positive.js';
import { runUntilStopped } from './run-until-stopped.js';

interface ServeOptions extends ClientCommandOptions {
  readonly host: string;
  readonly port: string;
  readonly allowHost?: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly seconds?: number;
  readonly json?: boolean;
}

/** Adds `serve`: health, metrics and the live page of a connector's data, without a bot. */
export function addServe(program: Command): void {
  addConnectSeconds(addClientOptions(program.command('serve')), 'until it is there')
    .description('Show a connector on a web page of this machine, with health and metrics.')
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <number>', 'port, 0 for a free one', '8787')
    .option('--allowed-hosts <name...>', 'further names under which the page may be called')
    .option('--allow-host <name...>', 'the same, by its earlier name')
    .option('--seconds <n>', 'end n seconds after the start (default: at Ctrl+C)', positive)
    .option('--json', 'the address, and what ends it, as objects on the standard output')
    .addHelpText('after', `\n${EXIT_CODES}\n`)
    .action(serve);
}

async function serve(given: ServeOptions): Promise<void> {
  // A page that watches a connector is there before it, and stays when it goes.
  const options = { ...given, connectSeconds: given.connectSeconds ?? Infinity };
  // Loaded here: the other commands start without a web server in memory.
  const { ClientSource, LiveServer } = await import('../server/index.js');
  const failed = new AbortController();
  const open: { close(): Promise<void> }[] = [];
  const isStopped = (): boolean => failed.signal.aborted;
  const start = async (): Promise<void> => {
    const instruments = await instrumentsOf(options, failed.signal);
    // It was stopped meanwhile: nothing may begin that nobody ends.
    if (isStopped()) return;
    const client = clientOf(options, instruments);
    open.unshift(client);
    onRefusal(client, (error) => {
      failed.abort(error);
    });
    const server = new LiveServer(new ClientSource(client), {
      host: options.host,
      port: Number(options.port),
      allowedHosts: [...(options.allowedHosts ?? []), ...(options.allowHost ?? [])],
    });
    open.unshift(server);
    await client.start();
    if (isStopped()) return;
    const url = await server.start();
    process.stderr.write(`live page: ${url}\n`);
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ type: 'serving', url })}\n`);
    connected(client, options, failed.signal).catch((error: unknown) => {
      failed.abort(error);
    });
  };
  try {
    await runUntilStopped(start, { seconds: options.seconds, signal: failed.signal });
  } finally {
    failed.abort();
    for (const each of open) await each.close();
  }
}
