// Shared memory and the register of iceoryx2 as nobody wants them. Each in namespaces of its own, where
// this system lets a test have them.
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { findConnector } from '../../lib/connector/find-connector.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
/** This folder stays in sight where a fresh `/tmp` would hide it. */
const SEEN = '/mnt';
const TMPFS = 'mount -t tmpfs -o size=';
const BIND = `mount --bind "${root}" ${SEEN}`;
const PRIVATE = `${BIND} && ${TMPFS}256m tmpfs /dev/shm && ${TMPFS}64m tmpfs /tmp`;
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', PRIVATE]).status === 0;

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script with mounts of its own; `CONNECTOR` and `NODE` are the programs. */
async function isolated(script: string): Promise<End> {
  const connector = path.join(SEEN, path.relative(root, findConnector()));
  const env = { ...process.env, CONNECTOR: connector, NODE: process.execPath };
  const args = ['-rm', 'sh', '-c', script];
  try {
    const ended = await promisify(execFile)('unshare', args, { env, timeout: 60_000 });
    return { code: 0, signal: null, ...ended };
  } catch (error) {
    return error as End;
  }
}

const program = (name: string): string =>
  `"${path.join(SEEN, '__test__', 'support', 'programs', `${name}.mjs`)}"`;

describeNative('a /dev/shm without room', () => {
  it.runIf(canMount).each(['4k', '64k', '512k', '1m', '2m'])(
    'of %s is an error with sizes and remedy, never a signal, in connector and bot',
    async (size) => {
      const small = `${BIND} && ${TMPFS}${size} tmpfs /dev/shm && ${TMPFS}64m tmpfs /tmp`;
      const connector = await isolated(`${small} && exec "$CONNECTOR" t-room sim`);
      expect([connector.code, connector.signal]).toEqual([expect.any(Number), null]);
      expect(connector.code).not.toBe(0);
      const bot = await isolated(`${small} && exec "$NODE" ${program('open-bot')} t-room`);
      const error = JSON.parse(bot.stdout) as { code: string; message: string };
      expect(error.code).toBe('ERR_SHARED_MEMORY');
      for (const text of [connector.stderr, error.message]) {
        expect(text).toContain('shared memory is short: /dev/shm has');
        expect(text).toMatch(/\d+ KiB free of \d+ KiB, and \d+ KiB are needed/);
        expect(text).toContain('--shm-size');
      }
    },
    60_000,
  );

  it.runIf(canMount)(
    'because others filled it is the same error, once a connector runs already',
    async () => {
      const script = `${PRIVATE} && { "$CONNECTOR" t-full sim --ready-json >/tmp/out 2>/tmp/log & } &&
        { until grep -q ready /tmp/out; do sleep 0.05; done; } &&
        { dd if=/dev/zero of=/dev/shm/full bs=64k 2>/dev/null; true; } &&
        "$NODE" ${program('open-bot')} t-full
        for n in $(seq 100); do grep -q 'nearly full' /tmp/log && break; sleep 0.1; done
        kill $!; wait; cat /tmp/log >&2`;
      const { stdout, stderr } = await isolated(script);
      expect(stdout, stderr).not.toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_SHARED_MEMORY' });
      // The connector goes on, and says it too.
      expect(stderr).toContain('shared memory is nearly full');
    },
    60_000,
  );
});

describeNative('the register of iceoryx2', () => {
  it.runIf(canMount)(
    'that was emptied under a connector and its bot is there again, for those who start later too',
    async () => {
      const { stdout, stderr } = await isolated(
        `${PRIVATE} && exec "$NODE" ${program('register')} "$CONNECTOR"`,
      );
      expect(stdout, stderr).not.toBe('');
      expect(JSON.parse(stdout)).toEqual({
        before: ['new', 6],
        late: 'new',
        early: 'new',
        after: 6,
        log: true,
        next: 'new',
      });
    },
    60_000,
  );

  it.runIf(canMount)(
    'in a folder that cannot be written is named with its path and remedy',
    async () => {
      const closed = `${BIND} && ${TMPFS}64m tmpfs /dev/shm && mount -t tmpfs -o ro tmpfs /tmp`;
      const connector = await isolated(`${closed} && exec "$CONNECTOR" t-closed sim`);
      const bot = await isolated(`${closed} && exec "$NODE" ${program('open-bot')} t-closed`);
      const error = JSON.parse(bot.stdout) as { code: string; message: string };
      expect(error.code).toBe('ERR_SHARED_MEMORY');
      for (const text of [connector.stderr, error.message]) {
        expect(text).toContain('the register of iceoryx2 cannot be used: /tmp: Read-only');
        expect(text).toContain('rm -r /tmp/iceoryx2');
      }
    },
    60_000,
  );
});

describeNative('a connector that is killed while it starts', () => {
  it.runIf(canMount)(
    'in its first 50 ms leaves nothing that the next start does not clear',
    async () => {
      // Twice at each millisecond from 0 to 50 after its start.
      const script = `${PRIVATE} && for n in $(seq 1 102); do
          "$CONNECTOR" t-killed sim 2>/dev/null & p=$!
          sleep 0.0$(printf %02d $((n * 13 % 51))); kill -9 $p; wait $p 2>/dev/null
        done
        ls /dev/shm | wc -l >&2
        "$CONNECTOR" t-killed sim --ready-json >/tmp/out 2>/tmp/log & p=$!
        until grep -q ready /tmp/out || ! kill -0 $p 2>/dev/null; do sleep 0.1; done
        cat /tmp/log >&2; kill -INT $p && wait $p
        ls /dev/shm`;
      const { stdout, stderr } = await isolated(script);
      expect(stdout, stderr).toBe('');
      expect(stderr).toContain('ready');
    },
    60_000,
  );
});
