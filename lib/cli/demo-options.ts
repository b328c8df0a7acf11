import { Command, Option } from 'commander';

import { CONNECT_SECONDS } from './await-connectors.js';
import { EXIT_CODES } from './exit-codes.js';
import { positive } from './positive.js';

export interface DemoOptions {
  /** Ends after so long; `undefined`: at Ctrl+C. */
  readonly seconds: number | undefined;
  readonly json: boolean;
  readonly backend: 'auto' | 'native' | 'stub';
  /** `sim` and `bybit` are started here; any other name is a connector that runs already. */
  readonly connector: string;
  /** `bybit` on the fake venue of this repository, which is started too. */
  readonly fake: boolean;
  /** Orders may be real: on the fake venue, or on a connector that was joined; else it is read-only there. */
  readonly realOrders: boolean;
  /** Port of the live page; `undefined`: no page. */
  readonly servePort: number | undefined;
  readonly symbol: string;
  /** `undefined`: asked from the connector. */
  readonly tick: number | undefined;
  /** `undefined`: asked from the connector. */
  readonly lot: number | undefined;
  /** How long a connector that is joined is waited for. */
  readonly connectSeconds: number;
}

/** What commander makes of the command line. */
type Parsed = Omit<DemoOptions, 'servePort' | 'tick' | 'lot'> & {
  readonly serve?: string | true;
  readonly tick?: number;
  readonly lot?: number;
};

const DEFAULT_PORT = 8787;

/**
 * The command `demo`. It ends the process for `--help` and for wrong options, as commander does.
 *
 * @param run - Gets the options, checked.
 */
export function demoCommand(run: (options: DemoOptions) => Promise<void>): Command {
  const command = new Command('demo');
  return command
    .description(
      'A small market maker in TypeScript on a simulated exchange, or on another connector, shown in the terminal.',
    )
    .option(
      '--seconds <n>',
      'end n seconds after the start (default: at Ctrl+C; 10 with --json)',
      positive,
    )
    .option(
      '--json',
      'end with one line of JSON on the standard output; progress goes to standard error',
      false,
    )
    .option('--serve [port]', `show it on a live page too (default port ${String(DEFAULT_PORT)})`)
    .addOption(
      new Option('--backend <which>', 'where the data comes from')
        .choices(['auto', 'native', 'stub'])
        .default('auto'),
    )
    .option(
      '--connector <name>',
      '`sim` starts a simulated venue, `bybit` a connector with paper trading; any other name joins a connector that runs',
      'sim',
    )
    .option('--fake', 'with --connector bybit: on a fake Bybit on this machine', false)
    .option(
      '--real-orders',
      'with --fake: orders go to the fake venue, not to paper trading; with a connector that runs: trade there although its orders are real, or where they go is not known; without it the demo is read-only there',
      false,
    )
    .option('--symbol <symbol>', 'what to trade', 'BTCUSDT')
    .option('--tick <size>', 'price step (default: asked from the connector)', positive)
    .option(
      '--lot <size>',
      'quantity step; one quote is 20 of it (default: asked from the connector)',
      positive,
    )
    .option(
      '--connect-seconds <n>',
      'how long a connector that does not run is waited for',
      positive,
      CONNECT_SECONDS,
    )
    .addHelpText('after', `\n${EXIT_CODES}\n  A demo that never saw a live book ends with 1.\n`)
    .action(async ({ serve, ...options }: Parsed) => {
      if (options.fake && options.connector !== 'bybit')
        command.error('error: --fake is for --connector bybit');
      const starts = options.connector === 'sim' || options.connector === 'bybit';
      if (options.realOrders && !options.fake && starts)
        command.error(
          'error: --real-orders needs --fake, or the name of a connector that runs: the demo starts none that trades with real money',
        );
      await run({
        ...options,
        tick: options.tick,
        lot: options.lot,
        seconds: options.seconds ?? (options.json ? 10 : undefined),
        servePort: serve === true ? DEFAULT_PORT : serve === undefined ? undefined : Number(serve),
      });
    });
}
