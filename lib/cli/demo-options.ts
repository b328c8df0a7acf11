import { Command, InvalidArgumentError, Option } from 'commander';

export interface DemoOptions {
  /** Ends after so long; `undefined`: at Ctrl+C. */
  readonly seconds: number | undefined;
  readonly json: boolean;
  readonly backend: 'auto' | 'native' | 'stub';
  /** `sim` and `bybit` are started here; any other name is a connector that runs already. */
  readonly connector: string;
  /** `bybit` on the fake venue of this repository, which is started too. */
  readonly fake: boolean;
  /** Orders go to the (fake) venue instead of the paper exchange. */
  readonly realOrders: boolean;
  readonly symbol: string;
  readonly tick: number;
  readonly lot: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Reads the command line; ends the process for `--help` and for wrong options, as commander does. */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const command = new Command('demo')
    .description('A small market maker in TypeScript on live data, shown in the terminal.')
    .option('--seconds <n>', 'end after n seconds (default: at Ctrl+C; 10 with --json)', positive)
    .option(
      '--json',
      'end with one line of JSON on the standard output; progress goes to standard error',
      false,
    )
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
      'with --fake: orders go to the fake venue, not to paper trading',
      false,
    )
    .option('--symbol <symbol>', 'what to trade', 'BTCUSDT')
    .option('--tick <size>', 'price step', positive, 0.1)
    .option('--lot <size>', 'quantity step; one quote is 20 of it', positive, 0.001);
  command.parse(args, { from: 'user' });
  const options = command.opts<DemoOptions>();
  if (options.fake && options.connector !== 'bybit')
    command.error('error: --fake is for --connector bybit');
  if (options.realOrders && !options.fake)
    command.error('error: --real-orders needs --fake: the demo does not trade with real money');
  return { ...options, seconds: options.seconds ?? (options.json ? 10 : undefined) };
}
