import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { HftError } from '../../models/hft-error.js';
import { whatHappened } from '../../models/what-happened.js';
import { CONNECTOR_ENV, findConnector } from '../../connector/find-connector.js';
import { nativeRemedy } from '../../native/build-remedy.js';
import { packageRoot } from '../../native/package-root.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const another = (): string => `${nativeRemedy()} Or name one in ${CONNECTOR_ENV}.`;

/** The connector's binary: is it there, does it run, is it of this version. */
export function checkConnector(context: DoctorContext): Finding[] {
  let binary: string;
  try {
    binary = findConnector(context.env);
  } catch (error) {
    return [fail('connector', whatHappened(error), (error as HftError).remedy)];
  }
  const run = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  if (run.error !== undefined || run.status !== 0) {
    const why = run.error?.message ?? (run.stderr.trim() || `it ended with ${String(run.status)}`);
    return [
      fail(
        'connector',
        `${binary} does not run: ${why}`,
        `It may be of another machine or system. ${another()}`,
      ),
    ];
  }
  const [, has] = /^connector (\d+\.\d+\.\d+\S*)\s*$/.exec(run.stdout) ?? [];
  if (has === undefined)
    return [
      fail(
        'connector',
        `${binary} is no connector of this package: it does not say its version`,
        `Correct or unset ${CONNECTOR_ENV}: without it the connector of this package is taken.`,
      ),
    ];
  const wanted = packageVersion();
  return has === wanted
    ? [ok('connector', `connector ${has}: ${binary}`)]
    : [
        warn(
          'connector',
          `${binary} has version ${has}, this package ${wanted}`,
          `Their protocols may differ. ${another()}`,
        ),
      ];
}

function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
