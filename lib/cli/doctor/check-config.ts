import { spawnSync } from 'node:child_process';

import { TomlError, parse } from 'smol-toml';

import { findConnector } from '../../connector/find-connector.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, type Finding } from './finding.js';

/** The connector's code for a config file that it does not take. */
const WRONG_CONFIG = 2;

/**
 * A connector's config file: whether it is TOML, and whether the connector takes each of its keys, in the
 * connector's own words. Nothing is connected.
 */
export function checkConfig(context: DoctorContext, file: string, text: string): Finding {
  const broken = brokenToml(file, text);
  if (broken !== undefined) return broken;
  const { env, kind } = context;
  let binary: string;
  try {
    binary = findConnector(env);
  } catch {
    return ok('config', `${file}: its keys were not looked at, because there is no connector`);
  }
  // Keys and flags of the environment have findings of their own.
  const run = spawnSync(binary, ['hbl-doctor', kind, file, '--check-config'], {
    encoding: 'utf8',
    timeout: 10_000,
    env: { PATH: env['PATH'], HOME: env['HOME'], LOG_LEVEL: 'error' },
  });
  if (run.status === 0) return ok('config', `${file}: connector ${kind} takes it`);
  const said = run.stderr.trim().replace(/^connector: /, '');
  if (run.status !== WRONG_CONFIG || said.includes('--check-config'))
    return ok('config', `${file}: its keys were not looked at, because the connector does not run`);
  return fail(
    'config',
    said,
    `Correct the file; docs/guide has the keys of each kind. If it is not for connector ${kind}, name its kind with --kind.`,
  );
}

/** The complaint about a file that is no TOML. The line is not repeated: it may hold a key. */
export function brokenToml(file: string, text: string, id = 'config'): Finding | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    return fail(id, `${file}: line ${String(error.line)}: ${what}`, 'Correct the line.');
  }
}
