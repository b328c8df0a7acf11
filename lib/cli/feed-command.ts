import type { Command } from 'commander';

import type { FeedEvent } from '../feed/feed-event.js';
import { HftError } from '../models/hft-error.js';
import { positive } from './positive.js';
import { runUntilStopped } from './run-until-stopped.js';

interface FeedCommandOptions {
  readonly source?: string;
  readonly symbol?: readonly string[];
  readonly connector?: string;
  readonly json?: boolean;
  readonly seconds?: number;
}

/** Adds `feed`: the normalised events of any data source, one line each. */
export function addFeed(program: Command): void {
  program
    .command('feed')
    .description('Print the normalised trades and book updates of a data source.')
    .option(
      '--source <name>',
      'binance_ws, hft_connector or bybit_connector (default: DATA_SOURCE; else hft_connector with --connector, binance_ws without)',
    )
    .option('--symbol <symbol...>', 'symbols (default: SYMBOL, else BTCUSDT)')
    .option(
      '--connector <name>',
      'name of the running connector that hft_connector reads (default: CONNECTOR_NAME, else bybit)',
    )
    .option('--json', 'one JSON object per line instead of text')
    .option(
      '--seconds <n>',
      'end n seconds after connecting, or when that takes longer (default: at Ctrl+C)',
      positive,
    )
    .action(async (options: FeedCommandOptions) => {
      // Loaded here: the other commands start without it.
      const { createFeed } = await import('../feed/index.js');
      // A name of a connector says where the data comes from: no other source reads it.
      const fromConnector = options.connector !== undefined && !process.env['DATA_SOURCE'];
      const source = options.source ?? (fromConnector ? 'hft_connector' : undefined);
      const { feed, settings } = createFeed({
        ...(source === undefined ? {} : { dataSource: source }),
        ...(options.symbol === undefined ? {} : { symbols: options.symbol }),
        ...(options.connector === undefined ? {} : { connectorName: options.connector }),
      });
      const { dataSource, connectorName, symbols } = settings;
      const connector = dataSource === 'hft_connector' ? ` (connector ${connectorName})` : '';
      process.stderr.write(`feed: ${dataSource}${connector}, ${symbols.join(', ')}\n`);
      const write = options.json === true ? jsonLine : textLine;
      // A reader that is too slow gets merged books and the newest trades, and memory stays bounded.
      const events = feed.events({ policy: 'conflate' });
      const printing = (async (): Promise<void> => {
        for await (const event of events) {
          // Once the output has no reader, there is no `drain`.
          if (!process.stdout.write(write(event)) && process.stdout.writable)
            await new Promise((resolve) => {
              process.stdout.once('drain', resolve).once('close', resolve);
            });
        }
      })();
      try {
        await runUntilStopped(() => feed.start(), {
          seconds: options.seconds,
          notStarted: (seconds) =>
            new HftError(
              'ERR_TIMEOUT',
              `${dataSource}: not connected within ${String(seconds)} s.`,
              {
                remedy:
                  dataSource === 'hft_connector'
                    ? `Is connector ${connectorName} running? hftbacktest-live doctor lists those that run.`
                    : 'See the lines above for the cause, or raise --seconds.',
              },
            ),
        });
      } finally {
        await feed.stop();
        await printing;
      }
      const { trades, depth } = feed.metrics;
      process.stderr.write(
        `feed: ${String(trades.total)} trades, ${String(depth.total)} book updates, dropped ${String(trades.dropped)}, merged ${String(depth.conflated)}\n`,
      );
    });
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
