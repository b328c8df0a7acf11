import { Option, type Command } from 'commander';

import { recordClient } from '../record/record-client.js';
import { Recorder, recoverRecordings } from '../record/recorder.js';
import type { FinishedFile } from '../record/recording-file.js';
import { addClientOptions, clientOf, type ClientCommandOptions } from './client-command.js';
import { positive } from './positive.js';
import { untilStopped } from './until-stopped.js';

interface RecordOptions extends ClientCommandOptions {
  readonly out: string;
  readonly format: 'npz' | 'gz' | 'both';
  readonly rotateMinutes: number;
  readonly rotateMb: number;
  readonly seconds?: number;
  readonly recover?: string;
}

/** Adds `record`: a connector's data into files for hftbacktest and for `connector replay`. */
export function addRecord(program: Command): void {
  addClientOptions(program.command('record'))
    .description("Record a connector's book and trades: files for hftbacktest and for replays.")
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
        const files = recoverRecordings(options.recover);
        if (files.length === 0) process.stdout.write('nothing to recover\n');
        for (const file of files) tell(file);
        return;
      }
      await record(options);
    });
}

async function record(options: RecordOptions): Promise<void> {
  await using client = clientOf(options);
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
        onFile: tell,
      }),
  );
  for (const recorder of recorders) recordClient(client, recorder);
  try {
    await client.start();
    process.stderr.write(`recording ${options.symbol} into ${options.out}\n`);
    await untilStopped(options.seconds);
  } finally {
    for (const recorder of recorders) recorder.close();
  }
  const { gaps, lost, dropped } = client.health;
  process.stderr.write(
    `gaps ${String(gaps)}, lost ${String(lost)}, dropped ${String(dropped)}: what is missing was never received\n`,
  );
}

function tell({ path, trades, levels, bytes, notes }: FinishedFile): void {
  process.stdout.write(
    `${path}: ${String(trades)} trades, ${String(levels)} levels, ${String(bytes)} bytes\n`,
  );
  for (const note of notes) process.stdout.write(`  ${note}\n`);
}
