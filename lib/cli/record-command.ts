import { Option, type Command } from 'commander';

import { Recorder, recoverRecordings } from '../record/recorder.js';
import type { FinishedFile } from '../record/recording-file.js';
import { addClientOptions, type ClientCommandOptions } from './client-command.js';
import { positive } from './positive.js';
import { connectorSource, feedSource } from './record-source.js';
import { runUntilStopped } from './run-until-stopped.js';

interface RecordOptions extends ClientCommandOptions {
  readonly source?: string;
  readonly out: string;
  readonly format: 'npz' | 'gz' | 'both';
  readonly rotateMinutes: number;
  readonly rotateMb: number;
  readonly seconds?: number;
  readonly recover?: string;
}

/** Adds `record`: live data into files for hftbacktest and for `connector replay`. */
export function addRecord(program: Command): void {
  addClientOptions(program.command('record'))
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
    .option('--seconds <n>', 'end after n seconds (default: at Ctrl+C)', positive)
    .option('--recover <folder>', 'finish the files that a killed recorder left, and end')
    .action(async (options: RecordOptions) => {
      if (options.recover !== undefined) {
        const files = recoverRecordings(options.recover, printFile);
        if (files.length === 0) process.stdout.write('nothing to recover\n');
        return;
      }
      await record(options);
    });
}

async function record(options: RecordOptions): Promise<void> {
  const failed = new AbortController();
  const onError = (error: Error): void => {
    process.stderr.write(
      `hftbacktest-live: the recording ended: ${error.message}. What was flushed is kept; ` +
        `\`record --recover ${options.out}\` finishes it.\n`,
    );
    process.exitCode = 1;
    failed.abort();
  };
  const formats = options.format === 'both' ? (['npz', 'gz'] as const) : [options.format];
  const recorders = formats.map(
    (format) =>
      new Recorder({
        folder: options.out,
        symbol: options.symbol,
        tickSize: options.tick,
        lotSize: options.lot,
        format,
        rotateMs: options.rotateMinutes * 60_000,
        rotateBytes: options.rotateMb * 2 ** 20,
        onFile: printFile,
        onError,
      }),
  );
  const source =
    options.source === undefined
      ? connectorSource(options, recorders)
      : await feedSource(options.source, options, recorders);
  try {
    await runUntilStopped(() => source.start(), {
      seconds: options.seconds,
      signal: failed.signal,
      onStarted() {
        process.stderr.write(`recording ${options.symbol} into ${options.out}\n`);
      },
    });
  } finally {
    for (const recorder of recorders) recorder.close();
    await source.stop();
  }
  process.stderr.write(`${source.losses()}\n`);
}

function printFile({ path, trades, levels, bytes, notes }: FinishedFile): void {
  process.stdout.write(
    `${path}: ${String(trades)} trades, ${String(levels)} levels, ${String(bytes)} bytes\n`,
  );
  for (const note of notes) process.stdout.write(`  ${note}\n`);
}
