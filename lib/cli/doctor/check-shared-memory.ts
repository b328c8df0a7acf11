import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';
import { isRunning, processPages } from './process-pages.js';

const MIB = 2 ** 20;
/**
 * A connector and as many bots as it has places for use 50 MiB when none of them reads; one bot and its
 * connector start below 16 MiB. hftbacktest's own bots need 8 MiB more, and 2 MiB each.
 */
const COMFORT_BYTES = 52 * MIB;
const LEAST_BYTES = 16 * MIB;

/** Room, permissions, and what dead processes left. */
export function checkSharedMemory(context: DoctorContext): Finding[] {
  if (process.platform !== 'linux')
    return [ok('shm', 'this system keeps shared memory without a folder to look at')];
  const access = checkAccess(context);
  if (access !== undefined) return [access];
  return [
    checkRoom(context),
    checkLeftovers(context),
    checkRegister(context),
    ...checkForeign(context),
  ];
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
  const pages = processPages(shmFolder);
  const dead = pages.filter(({ pid }) => pid !== undefined && !isRunning(pid));
  const alive = pages.length - dead.length;
  if (dead.length === 0)
    return ok(
      'shm.leftovers',
      `${String(alive)} process(es) of this package run, none left traces`,
    );
  const files = dead.map(({ file, pid }) => `${file} (pid ${String(pid)})`).join(', ');
  return warn(
    'shm.leftovers',
    `left by killed processes: ${files}`,
    'Harmless: the next bot or connector of the same user removes them. By hand: ' +
      `\`rm ${dead.map(({ file }) => join(shmFolder, file)).join(' ')}\`.`,
  );
}

/** iceoryx2 finds other processes through files that every user of a bot must be able to write. */
function checkRegister(context: DoctorContext): Finding {
  const { iceoryxFolder, shmFolder } = context;
  const remedy = `Run bot and connector as one user, or remove it once nothing uses it: \`rm -r ${iceoryxFolder}\`.`;
  const stat = statSync(iceoryxFolder, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isDirectory())
    return fail('shm.register', `${iceoryxFolder} is no folder`, remedy.replace('rm -r', 'rm'));
  const folders = ['', 'nodes', 'services'].map((name) => join(iceoryxFolder, name));
  const used = stat === undefined ? [dirname(iceoryxFolder)] : folders.filter(existsSync);
  for (const folder of used) {
    const why = whyClosed(folder);
    if (why === undefined) continue;
    const owner = statSync(folder).uid;
    const who = `it belongs to user ${String(owner)}, this is user ${String(process.getuid?.())}`;
    return fail(
      'shm.register',
      `${folder} cannot be used: ${why} (${who})`,
      stat === undefined
        ? `Make ${folder} writable for this user: iceoryx2 keeps its register in ${iceoryxFolder}.`
        : remedy,
    );
  }
  const running = processPages(shmFolder).filter(
    ({ pid }) => pid !== undefined && isRunning(pid),
  ).length;
  const services = join(iceoryxFolder, 'services');
  const isEmpty = namesIn(services).length === 0;
  if (isEmpty && running > 0) {
    return fail(
      'shm.register',
      `${iceoryxFolder} is empty although ${String(running)} process(es) of this package run: who starts now does not find them`,
      'Programs of this version write their entries anew within a second; restart what does not. Against ' +
        'systemd-tmpfiles, which empties it: `x /tmp/iceoryx2*` in /etc/tmpfiles.d/iceoryx2.conf.',
    );
  }
  if (stat === undefined)
    return ok('shm.register', `${iceoryxFolder} will be made by the first process`);
  return ok('shm.register', `${iceoryxFolder} can be used`);
}

/** Files of services that belong to other users, who alone may use them. */
function checkForeign({ iceoryxFolder, shmFolder }: DoctorContext): Finding[] {
  const own = process.getuid?.();
  const services = join(iceoryxFolder, 'services');
  const isOfService = (name: string): boolean => name.startsWith('iox2_');
  const files = [services, shmFolder].flatMap((folder) =>
    namesIn(folder)
      .filter(isOfService)
      .map((name) => join(folder, name)),
  );
  const closed = files.flatMap((file) => {
    const uid = statSync(file, { throwIfNoEntry: false })?.uid;
    // What a service is, is only read.
    const needed = file.endsWith('.service') ? constants.R_OK : constants.R_OK | constants.W_OK;
    const isClosed = uid !== undefined && uid !== own && whyClosed(file, needed) !== undefined;
    return isClosed ? [{ file, uid }] : [];
  });
  const [first] = closed;
  if (first === undefined) return [];
  const users = [...new Set(closed.map(({ uid }) => String(uid)))].join(', ');
  return [
    warn(
      'shm.foreign',
      `${String(closed.length)} file(s) of user ${users} that user ${String(own)} may not use, for instance ${first.file}`,
      'A connector that another user runs cannot be joined, and none of its name can be started: run bot and ' +
        'connector as one user. What nothing uses any more, that user or root may remove: ' +
        `\`rm ${first.file}\`.`,
    ),
  ];
}

/** What a folder holds; nothing when it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Why nothing can be made in a folder, or done with a file, in the system's words; `undefined` when it can. */
function whyClosed(
  path: string,
  needed = constants.R_OK | constants.W_OK | constants.X_OK,
): string | undefined {
  try {
    accessSync(path, needed);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function mib(bytes: number): string {
  return `${String(Math.round(bytes / MIB))} MiB`;
}
