import type { Command } from 'commander';

import type { FeedEvent } from '../feed/feed-event.js';
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
    .option('--source <name>', 'data source (default: DATA_SOURCE, else binance_ws)')
    .option('--symbol <symbol...>', 'symbols (default: SYMBOL, else BTCUSDT)')
    .option('--connector <name>', 'name of the connector (default: CONNECTOR_NAME)')
    .option('--json', 'one JSON object per line instead of text')
    .option('--seconds <n>', 'end after n seconds (default: at Ctrl+C)', positive)
    .action(async (options: FeedCommandOptions) => {
      // Loaded here: the other commands start without it.
      const { createFeed } = await import('../feed/index.js');
      const { feed, settings } = createFeed({
        ...(options.source === undefined ? {} : { dataSource: options.source }),
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
        await runUntilStopped(() => feed.start(), { seconds: options.seconds });
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
