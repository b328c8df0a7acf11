import type { Command } from 'commander';

import type { FeedEvent } from '../feed/feed-event.js';
import { HftError } from '../models/hft-error.js';
import { absentConnector } from './await-connectors.js';
import { addConnectSeconds } from './client-command.js';
import { EXIT_CODES } from './exit-codes.js';
import { feedOf } from './feed-of.js';
import { joinedInstruments } from './joined-instruments.js';
import { positive } from './positive.js';
import { runUntilStopped } from './run-until-stopped.js';
import {
  INSTRUMENTS_HELP,
  wantedInstruments,
  type InstrumentOptions,
} from './wanted-instruments.js';

interface FeedCommandOptions extends InstrumentOptions {
  readonly source?: string;
  readonly connector?: string;
  readonly json?: boolean;
  readonly seconds?: number;
  readonly connectSeconds?: number;
}

/** Adds `feed`: the normalised events of any data source, one line each. */
export function addFeed(program: Command): void {
  addConnectSeconds(program.command('feed'), '2')
    .description('Print the normalised trades and book updates of a data source.')
    .option(
      '--source <name>',
      'binance_ws, hft_connector or bybit_connector (default: DATA_SOURCE; else hft_connector with --connector, binance_ws without)',
    )
    .option('--symbol <symbol...>', 'symbols (default: SYMBOL, else BTCUSDT)')
    .option(
      '--tick <size>',
      'price step for hft_connector (default: CONNECTOR_TICK_SIZE, else asked from the connector)',
      positive,
    )
    .option(
      '--lot <size>',
      'quantity step for hft_connector (default: CONNECTOR_LOT_SIZE, else asked from the connector)',
      positive,
    )
    .option('--instruments <file>', INSTRUMENTS_HELP)
    .option(
      '--connector <name>',
      'name of the running connector that hft_connector reads (default: CONNECTOR_NAME, else bybit)',
    )
    .option('--json', 'one JSON object per line instead of text')
    .option('--seconds <n>', 'end n seconds after the start (default: at Ctrl+C)', positive)
    .addHelpText('after', `\n${EXIT_CODES}\n`)
    .action(runFeed);
}

async function runFeed(options: FeedCommandOptions): Promise<void> {
  // Loaded here: the other commands start without it.
  const { feedSettings } = await import('../feed/feed-settings.js');
  // A name of a connector says where the data comes from: no other source reads it.
  const fromConnector = options.connector !== undefined && !process.env['DATA_SOURCE'];
  const source = options.source ?? (fromConnector ? 'hft_connector' : undefined);
  const { dataSource, connectorName, symbols } = feedSettings({
    dataSource: source,
    connectorName: options.connector,
  });
  const wanted = wantedInstruments(
    {
      ...options,
      ...stepOf('tick', options.tick, 'CONNECTOR_TICK_SIZE'),
      ...stepOf('lot', options.lot, 'CONNECTOR_LOT_SIZE'),
    },
    symbols,
  );
  const isConnector = dataSource === 'hft_connector';
  const names = wanted.map(({ symbol }) => symbol);
  const connector = isConnector ? ` (connector ${connectorName})` : '';
  process.stderr.write(`feed: ${dataSource}${connector}, ${names.join(', ')}\n`);
  const stopped = new AbortController();
  let made: Awaited<ReturnType<typeof feedOf>>['feed'] | undefined;
  let printing: Promise<void> | undefined;
  const isStopped = (): boolean => stopped.signal.aborted;
  const start = async (): Promise<void> => {
    const instruments = isConnector
      ? await joinedInstruments(connectorName, wanted, options.connectSeconds, stopped.signal)
      : wanted.map(({ symbol }) => ({ symbol, tickSize: 0.1, lotSize: 0.001 }));
    if (isStopped()) return;
    const { feed } = await feedOf({
      dataSource: source,
      connectorName: options.connector,
      instruments,
    });
    if (isStopped()) return;
    made = feed;
    // A reader that is too slow gets merged books and the newest trades, and memory stays bounded.
    printing = print(feed.events({ policy: 'conflate' }), options.json === true);
    await feed.start();
  };
  try {
    await runUntilStopped(start, {
      seconds: options.seconds,
      notStarted: (seconds) =>
        isConnector
          ? absentConnector(connectorName, seconds)
          : new HftError(
              'ERR_TIMEOUT',
              `${dataSource}: not connected within ${String(seconds)} s.`,
              { remedy: 'See the lines above for the cause, or raise --seconds.' },
            ),
    });
  } finally {
    stopped.abort();
    await made?.stop();
    await printing;
  }
  const trades = made?.metrics.trades ?? { total: 0, dropped: 0 };
  const depth = made?.metrics.depth ?? { total: 0, conflated: 0 };
  process.stderr.write(
    `feed: ${String(trades.total)} trades, ${String(depth.total)} book updates, dropped ${String(trades.dropped)}, merged ${String(depth.conflated)}\n`,
  );
}

/** A step from the option, else from the variable where that holds a number. */
function stepOf(
  name: 'tick' | 'lot',
  given: number | undefined,
  variable: string,
): Partial<Record<'tick' | 'lot', number>> {
  const fromEnv = Number(process.env[variable] ?? '');
  const step = given ?? (fromEnv > 0 && Number.isFinite(fromEnv) ? fromEnv : undefined);
  return step === undefined ? {} : { [name]: step };
}

async function print(events: AsyncIterable<FeedEvent>, isJson: boolean): Promise<void> {
  const write = isJson ? jsonLine : textLine;
  for await (const event of events) {
    // Once the output has no reader, there is no `drain`.
    if (!process.stdout.write(write(event)) && process.stdout.writable)
      await new Promise((resolve) => {
        process.stdout.once('drain', resolve).once('close', resolve);
      });
  }
}
function jsonLine(event: FeedEvent): string {
  // A field that is absent is null here, so that every line has the same fields.
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : (value ?? null);
  return `${JSON.stringify(event, plain)}\n`;
}

function textLine(event: FeedEvent): string {
  const time = new Date(event.timestampMs).toISOString().slice(11, 23);
  const head = `${time} ${event.source} ${event.symbol}`;
  if (event.type === 'trade')
    return `${head} trade ${event.side} ${String(event.qty)} @ ${String(event.price)}\n`;
  const kind = event.snapshot ? 'book ' : 'depth';
  return `${head} ${kind} ${String(event.bids.length)} bids, ${String(event.asks.length)} asks\n`;
}
