import {
  closeSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

const MIB = 2 ** 20;
/**
 * A connector and as many bots as it has places for use 50 MiB when none of them reads; one bot and its
 * connector start below 16 MiB. hftbacktest's own bots need 8 MiB more, and 2 MiB each.
 */
const COMFORT_BYTES = 52 * MIB;
const LEAST_BYTES = 16 * MIB;
/** Begins every page of this package's processes; the owner's pid follows at byte 12. */
const PAGE_MAGIC = 'hblPage1';
const PID_OFFSET = 12;

/** Room, permissions, and what dead processes left. */
export function checkSharedMemory(context: DoctorContext): Finding[] {
  if (process.platform !== 'linux')
    return [ok('shm', 'this system keeps shared memory without a folder to look at')];
  const access = checkAccess(context);
  if (access !== undefined) return [access];
  return [checkRoom(context), checkLeftovers(context), checkRegister(context)];
}

function checkAccess({ shmFolder }: DoctorContext): Finding | undefined {
  const probe = join(shmFolder, `hbl-doctor-${String(process.pid)}`);
  try {
    writeFileSync(probe, 'x', { mode: 0o600 });
    rmSync(probe);
    return undefined;
  } catch (error) {
    return fail(
      'shm',
      `nothing can be written to ${shmFolder}: ${(error as Error).message}`,
      'It must be a tmpfs that this user may write to: `mount -t tmpfs -o size=1g,mode=1777 tmpfs /dev/shm`; ' +
        'in a container, do not start it with a read-only /dev/shm.',
    );
  }
}

function checkRoom({ shmFolder }: DoctorContext): Finding {
  const { bavail, blocks, bsize } = statfsSync(shmFolder);
  const [free, size] = [bavail * bsize, blocks * bsize];
  const text = `${mib(free)} of ${mib(size)} free in ${shmFolder}`;
  const remedy =
    'Give it more: `docker run --shm-size=256m …`, or `mount -o remount,size=256m /dev/shm`; ' +
    'or make the channels smaller with HFTBACKTEST_CHANNEL_CONFIG (BUILD_LIVE.md).';
  if (free < LEAST_BYTES) return fail('shm.room', `only ${text}`, remedy);
  return free < COMFORT_BYTES ? warn('shm.room', text, remedy) : ok('shm.room', text);
}

/** Pages whose owner is gone. The next bot or connector removes those of its own user. */
function checkLeftovers({ shmFolder }: DoctorContext): Finding {
  const pages = readdirSync(shmFolder)
    .filter((name) => /^hbl-\d+-(connector|bot)-/.test(name))
    .map((name) => ({ name, pid: ownerOf(join(shmFolder, name)) }));
  const dead = pages.filter(({ pid }) => pid !== undefined && !isAlive(pid));
  const alive = pages.length - dead.length;
  if (dead.length === 0)
    return ok(
      'shm.leftovers',
      `${String(alive)} process(es) of this package run, none left traces`,
    );
  const files = dead.map(({ name, pid }) => `${name} (pid ${String(pid)})`).join(', ');
  return warn(
    'shm.leftovers',
    `left by killed processes: ${files}`,
    'Harmless: the next bot or connector of the same user removes them. By hand: ' +
      `\`rm ${dead.map(({ name }) => join(shmFolder, name)).join(' ')}\`.`,
  );
}

function ownerOf(file: string): number | undefined {
  const head = Buffer.alloc(16);
  try {
    const handle = openSync(file, 'r');
    const length = readSync(handle, head, 0, head.length, 0);
    closeSync(handle);
    if (length < head.length || head.toString('latin1', 0, 8) !== PAGE_MAGIC) return undefined;
    return head.readUInt32LE(PID_OFFSET);
  } catch {
    return undefined; // Another user's, or gone since.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** iceoryx2 finds other processes through files that every user of a bot must be able to write. */
function checkRegister({ iceoryxFolder }: DoctorContext): Finding {
  const stat = statSync(iceoryxFolder, { throwIfNoEntry: false });
  if (stat === undefined)
    return ok('shm.register', `${iceoryxFolder} will be made by the first process`);
  const uid = process.getuid?.();
  const remedy = `Run bot and connector as one user, or remove it once nothing uses it: \`rm -r ${iceoryxFolder}\`.`;
  if (!stat.isDirectory())
    return fail('shm.register', `${iceoryxFolder} is no folder`, remedy.replace('rm -r', 'rm'));
  if (uid !== undefined && uid !== 0 && stat.uid !== uid && (stat.mode & 0o022) === 0) {
    return fail(
      'shm.register',
      `${iceoryxFolder} belongs to user ${String(stat.uid)}, this is user ${String(uid)}`,
      remedy,
    );
  }
  return ok('shm.register', `${iceoryxFolder} can be used`);
}

function mib(bytes: number): string {
  return `${String(Math.round(bytes / MIB))} MiB`;
}
