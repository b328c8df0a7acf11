// Shared memory and the register of iceoryx2 that another user has, and users that the machine does not
// know. Mounts of its own and other users take root.
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { findConnector } from '../../lib/connector/find-connector.js';
import type { Finding } from '../../lib/cli/doctor/finding.js';
import { nativeMissing } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
/** This folder stays in sight where a fresh `/tmp` would hide it. */
const SEEN = '/mnt';
/** The user `nobody`, and one that no machine has. */
const [NOBODY, STRANGER] = [65_534, 54_321];
const as = (user: number): string =>
  `setpriv --reuid ${String(user)} --regid ${String(user)} --clear-groups env HOME=/`;
const MOUNTS =
  `mount --bind "${root}" ${SEEN} && mount -t tmpfs -o size=256m,mode=1777 tmpfs /dev/shm && ` +
  'mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp';
const OPEN_BOT = `"$NODE" ${SEEN}/__test__/support/programs/open-bot.mjs`;
const DOCTOR = `"$NODE" ${SEEN}/dist/cli/main.js doctor --json`;

const canBeOthers =
  process.getuid?.() === 0 &&
  spawnSync('unshare', [
    ...['-m', 'sh', '-c'],
    `${MOUNTS} && ${as(NOBODY)} "${process.execPath}" -e 0 && ${as(NOBODY)} ls ${SEEN}/dist/index.js`,
  ]).status === 0;

/** A script as root with mounts of its own; `CONNECTOR` and `NODE` are the programs. */
async function isolated(script: string): Promise<{ stdout: string; stderr: string }> {
  const connector = path.join(SEEN, path.relative(root, findConnector()));
  const env = { PATH: process.env['PATH'], CONNECTOR: connector, NODE: process.execPath };
  const args = ['-m', 'sh', '-c', `${MOUNTS} && ${script}`];
  try {
    return await promisify(execFile)('unshare', args, { env, timeout: 60_000 });
  } catch (error) {
    return error as { stdout: string; stderr: string };
  }
}

/** Starts a connector as a user and goes on once it is ready. */
const running = (user: string, name: string): string =>
  `{ ${user} "$CONNECTOR" ${name} sim --ready-json >/tmp/${name}.out 2>/tmp/${name}.log & } && ` +
  `{ for n in $(seq 200); do grep -q ready /tmp/${name}.out && break; sleep 0.05; done; }`;

/** A bot, a connector and the doctor as `nobody`, after what a script has made. */
async function asNobody(made: string): Promise<{
  bot: { code: string | null; message: string };
  connector: string;
  findings: Finding[];
}> {
  const user = as(NOBODY);
  const { stdout, stderr } = await isolated(
    `${made}
     ${user} ${OPEN_BOT} t-foreign
     ${user} "$CONNECTOR" t-foreign sim 2>&1 | tail -n 1
     ${user} ${DOCTOR}
     kill $! 2>/dev/null; true`,
  );
  const [bot, connector = '', ...doctor] = stdout.split('\n');
  expect(bot, stderr).toMatch(/^\{/);
  return {
    bot: JSON.parse(bot!) as { code: string | null; message: string },
    connector,
    findings: (JSON.parse(doctor.join('\n')) as { findings: Finding[] }).findings,
  };
}

describe.skipIf(nativeMissing !== '' || !canBeOthers)('what another user has', () => {
  it('is named when it is the whole register, with the remedy, and the doctor finds it', async () => {
    const { bot, connector, findings } = await asNobody(running('', 't-foreign'));
    expect(bot.code).toBe('ERR_SHARED_MEMORY');
    for (const text of [bot.message, connector]) {
      expect(text).toContain('/tmp/iceoryx2: Permission denied');
      expect(text).toContain('Run bot and connector as the same user');
      expect(text).toContain('rm -r /tmp/iceoryx2');
    }
    expect(findings.find(({ id }) => id === 'shm.register')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('belongs to user 0, this is user 65534') as string,
      remedy: expect.stringContaining('rm -r /tmp/iceoryx2') as string,
    });
  }, 60_000);

  const OPEN = 'chmod -R a+rwx /tmp/iceoryx2';
  it.each([
    [
      'the register',
      `${OPEN} && chmod 600 /tmp/iceoryx2/services/*`,
      '/tmp/iceoryx2/services/iox2_',
    ],
    ['/dev/shm', `${OPEN} && chmod 600 /dev/shm/*`, '/dev/shm/iox2_'],
  ])(
    'is named when it is single files in %s, with owner and remedy, and the doctor finds them',
    async (_, close, file) => {
      const { bot, connector, findings } = await asNobody(
        `${running('', 't-foreign')} && ${close}`,
      );
      expect(bot.code).toBe('ERR_SHARED_MEMORY');
      for (const text of [bot.message, connector]) {
        expect(text).toContain(`in the way: ${file}`);
        expect(text).toContain('belongs to user 0, this is user 65534');
        expect(text).toContain('run bot and connector as the same user');
        expect(text).toContain(`\`rm ${file}`);
      }
      expect(findings.find(({ id }) => id === 'shm.foreign')).toMatchObject({
        level: 'warn',
        found: expect.stringMatching(
          new RegExp(`of user 0 that user 65534 may not use, for instance ${file}`),
        ) as string,
        remedy: expect.stringMatching(/`rm \/(tmp|dev)\S*iox2_\S+`/) as string,
      });
    },
    60_000,
  );

  it('is nothing where there is no other user', async () => {
    const user = as(NOBODY);
    const { bot, findings } = await asNobody(running(user, 't-foreign'));
    expect(bot.code).toBeNull();
    expect(findings.filter(({ id }) => id === 'shm.foreign')).toEqual([]);
    expect(findings.find(({ id }) => id === 'shm.register')?.level).toBe('ok');
  }, 60_000);
});

describe.skipIf(nativeMissing !== '' || !canBeOthers)('a user without an account', () => {
  it('runs connector and bot as any other', async () => {
    const user = as(STRANGER);
    const { stdout, stderr } = await isolated(
      `${running(user, 't-stranger')} && ${user} ${OPEN_BOT} t-stranger
       ls /dev/shm | grep -v iox2_ >&2; kill -INT $! && wait $!; cat /tmp/t-stranger.log >&2; ls /dev/shm`,
    );
    expect(stdout.trim(), stderr).toBe('{"code":null}');
  }, 60_000);
});
