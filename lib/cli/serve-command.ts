import type { Command } from 'commander';

import { addClientOptions, clientOf, type ClientCommandOptions } from './client-command.js';
import { positive } from './positive.js';
import { runUntilStopped } from './run-until-stopped.js';

interface ServeOptions extends ClientCommandOptions {
  readonly host: string;
  readonly port: string;
  readonly allowHost?: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly seconds?: number;
}

/** Adds `serve`: health, metrics and the live page of a connector's data, without a bot. */
export function addServe(program: Command): void {
  addClientOptions(program.command('serve'))
    .description('Show a connector on a web page of this machine, with health and metrics.')
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <number>', 'port, 0 for a free one', '8787')
    .option('--allowed-hosts <name...>', 'further names under which the page may be called')
    .option('--allow-host <name...>', 'the same, by its earlier name')
    .option('--seconds <n>', 'end after n seconds (default: at Ctrl+C)', positive)
    .action(async (options: ServeOptions) => {
      // Loaded here: the other commands start without a web server in memory.
      const { ClientSource, LiveServer } = await import('../server/index.js');
      await using client = clientOf(options);
      await using server = new LiveServer(new ClientSource(client), {
        host: options.host,
        port: Number(options.port),
        allowedHosts: [...(options.allowedHosts ?? []), ...(options.allowHost ?? [])],
      });
      const start = async (): Promise<void> => {
        await client.start();
        process.stderr.write(`live page: ${await server.start()}\n`);
      };
      await runUntilStopped(start, { seconds: options.seconds });
    });
}
