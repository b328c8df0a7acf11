import { spawnSync } from 'node:child_process';

import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

/** Before this package existed. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
const SYNC =
  'Let a time service run (`timedatectl set-ntp true`, or chrony): venues refuse orders whose time is off, ' +
  'and the latency from the venue is the difference of two clocks.';

/** Is the clock set, and does something keep it right. */
export function checkClock({ env, nowMs }: DoctorContext): Finding[] {
  if (nowMs < EARLIEST_MS) {
    return [
      fail(
        'clock',
        `the clock says ${new Date(nowMs).toISOString().slice(0, 10)}: it is not set`,
        SYNC,
      ),
    ];
  }
  const run = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 3_000,
    env,
  });
  if (run.error !== undefined || run.status !== 0)
    return [ok('clock', 'set; whether something keeps it right is not known here')];
  return run.stdout.trim() === 'yes'
    ? [ok('clock', 'set and synchronised')]
    : [warn('clock', 'set, but nothing keeps it right', SYNC)];
}
