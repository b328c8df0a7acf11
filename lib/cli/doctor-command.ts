import { Option, type Command } from 'commander';

import { CONNECTOR_KINDS, type ConnectorKind } from '../connector/connector-kinds.js';
import { takesColor } from '../models/takes-color.js';
import type { WaitStrategy } from '../models/wait-options.js';
import { runDoctor } from './doctor/doctor.js';
import { doctorJson, doctorText, hasFailure } from './doctor/doctor-report.js';

interface DoctorOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly kind: ConnectorKind;
  readonly wait: WaitStrategy;
}

/** Adds `doctor`: looks at what a live bot needs here; exit code 1 when something does not work. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Look at everything that a live bot needs here, and say what to do about it.')
    .option('--json', 'one line of JSON instead of text')
    .option('--config <file>', 'config file of a connector to look at')
    .addOption(
      new Option('--kind <kind>', 'the kind of connector that the config file is for')
        .choices(CONNECTOR_KINDS)
        .default('bybit'),
    )
    .addOption(
      new Option('--wait <strategy>', 'the wait strategy that the bot is to use')
        .choices(['spin', 'yield', 'adaptive', 'park'])
        .default('adaptive'),
    )
    .action((options: DoctorOptions) => {
      const findings = runDoctor({
        wait: options.wait,
        kind: options.kind,
        ...(options.config === undefined ? {} : { configFile: options.config }),
      });
      const text =
        options.json === true
          ? doctorJson(findings)
          : doctorText(findings, process.stdout.isTTY && takesColor());
      process.stdout.write(`${text}\n`);
      if (hasFailure(findings)) process.exitCode = 1;
    });
}
