import { Option, type Command } from 'commander';

import { HftError } from '../models/hft-error.js';
import { Recorder, recoverRecordings } from '../record/recorder.js';
import {
  addClientOptions,
  addConnectSeconds,
  connected,
  instrumentsOf,
  type ClientCommandOptions,
} from './client-command.js';
import { onRefusal } from './await-connectors.js';
import { EXIT_CODES } from './exit-codes.js';
import { joinedInstruments } from './joined-instruments.js';
import { positive } from './positive.js';
import { RecordReport } from './record-report.js';
import { connectorSource, feedSource, type RecordSource } from './record-source.js';
import { runUntilStopped } from './run-until-stopped.js';
import type { KnownInstrument } from './wanted-instrument.js';
import { wantedInstruments } from './wanted-instruments.js';

interface RecordOptions extends ClientCommandOptions {
  readonly source?: string;
  readonly out: string;
  readonly format: 'npz' | 'gz' | 'both';
  readonly rotateMinutes: number;
  readonly rotateMb: number;
  readonly seconds?: number;
  readonly recover?: string;
  readonly json?: boolean;
}

const HELP = `
${EXIT_CODES}
  A recording of nothing is no success: it ends with 1, also when one of several
  symbols has no row. What was lost on the way is said at the end, and ends with 0.
`;

/** Adds `record`: live data into files for hftbacktest and for `connector replay`. */
export function addRecord(program: Command): void {
  addConnectSeconds(addClientOptions(program.command('record')), '2')
    .description('Record book and trades of a live source: files for hftbacktest and for replays.')
    .option(
      '--source <name>',
      'a data source of the feed, such as binance_ws, in place of a connector',
    )
    .option('--out <folder>', 'where the files go', 'recordings')
    .addOption(
      new Option('--format <which>', 'event arrays of hftbacktest, or the text of its collector')
        .choices(['npz', 'gz', 'both'])
        .default('npz'),
    )
    .option('--rotate-minutes <n>', 'a new file after n minutes', positive, 60)
    .option('--rotate-mb <n>', 'a new file after n MiB before packing', positive, 512)
    .option('--seconds <n>', 'end n seconds after the start (default: at Ctrl+C)', positive)
    .option('--recover <folder>', 'finish the files that a killed recorder left, and end')
    .option('--json', 'objects on the standard output, one per line, instead of text')
    .addHelpText('after', HELP)
    .action(async (options: RecordOptions) => {
      if (options.recover !== undefined) {
        const report = new RecordReport(
          options.json === true,
          () => [],
          () => ({}),
        );
        const files = recoverRecordings(options.recover, (file) => {
          report.file(file);
        });
        if (files.length === 0) process.stdout.write('nothing to recover\n');
        return;
      }
      await record(options);
    });
}

async function record(options: RecordOptions): Promise<void> {
  const failed = new AbortController();
  const recorded: { readonly symbol: string; readonly recorder: Recorder }[] = [];
  let source: RecordSource | undefined;
  const report = new RecordReport(
    options.json === true,
    () => recorded.map(({ symbol, recorder }) => ({ symbol, health: recorder.health })),
    () => source?.losses() ?? {},
  );
  const fail = (error: HftError): void => {
    failed.abort(error);
  };
  const isStopped = (): boolean => failed.signal.aborted;
  const start = async (): Promise<void> => {
    const instruments = await wantedOf(options, failed.signal);
    // It was stopped meanwhile: nothing may begin that nobody ends.
    if (isStopped()) return;
    for (const { symbol, tickSize, lotSize } of instruments)
      recorded.push({
        symbol,
        recorder: new Recorder({
          folder: options.out,
          symbol,
          tickSize,
          lotSize,
          format: options.format,
          rotateMs: options.rotateMinutes * 60_000,
          rotateBytes: options.rotateMb * 2 ** 20,
          onFile: (file) => {
            report.file(file);
          },
          onError: (error) => {
            fail(diskError(error, options.out));
          },
        }),
      });
    const recorders = recorded.map(({ recorder }) => recorder);
    source =
      options.source === undefined
        ? connectorSource(options, instruments, recorders)
        : await feedSource(options.source, options, instruments, recorders);
    if (isStopped()) return;
    if (source.client !== undefined) onRefusal(source.client, fail);
    await source.start();
    if (source.client !== undefined) await connected(source.client, options, failed.signal);
  };
  try {
    await runUntilStopped(start, {
      seconds: options.seconds,
      signal: failed.signal,
      onStarted() {
        report.started(
          recorded.map(({ symbol }) => symbol),
          options.out,
        );
      },
    });
  } finally {
    failed.abort();
    for (const { recorder } of recorded) recorder.close();
    await source?.stop();
    report.ended();
  }
  const empty = recorded.filter(({ recorder: { health } }) => health.trades + health.levels === 0);
  if (empty.length > 0)
    throw nothingRecorded(
      empty.map(({ symbol }) => symbol),
      source,
    );
}

/** Price and quantity step of a source that is no connector: its recordings need none. */
const NO_SIZES = { tickSize: 0.1, lotSize: 0.001 };

async function wantedOf(options: RecordOptions, signal: AbortSignal): Promise<KnownInstrument[]> {
  const { source, connector, connectSeconds } = options;
  if (source === undefined) return await instrumentsOf(options, signal);
  const wanted = wantedInstruments(options);
  if (source === 'hft_connector') {
    const { feedSettings } = await import('../feed/feed-settings.js');
    const { connectorName } = feedSettings({ dataSource: source, connectorName: connector });
    return await joinedInstruments(connectorName, wanted, connectSeconds, signal);
  }
  return wanted.map(({ symbol, tickSize, lotSize }) => ({
    symbol,
    tickSize: tickSize ?? NO_SIZES.tickSize,
    lotSize: lotSize ?? NO_SIZES.lotSize,
  }));
}

function diskError(error: Error, folder: string): HftError {
  return new HftError(
    'ERR_CUSTOM',
    `the recording ended: ${error.message}. What was flushed is kept`,
    {
      remedy: `\`record --recover ${folder}\` finishes it`,
      cause: error,
    },
  );
}

function nothingRecorded(symbols: readonly string[], source: RecordSource | undefined): HftError {
  const books = source?.client?.health.instruments
    .filter(({ symbol, bookState }) => symbols.includes(symbol) && bookState !== 'live')
    .map(({ symbol, bookState }) => `the book of ${symbol} is ${bookState}`);
  const why = books === undefined || books.length === 0 ? '' : `: ${books.join(', ')}`;
  return new HftError('ERR_END_OF_DATA', `nothing was recorded of ${symbols.join(', ')}${why}`, {
    remedy:
      'See whether the connector has its venue and whether the symbol trades, or record for longer',
  });
}
