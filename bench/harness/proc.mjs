// What /proc says of a process.
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Processor time of all its threads, ns: finer than the 10 ms of /proc/PID/stat. */
export function cpuNs(pid) {
  const folder = `/proc/${pid}/task`;
  let sum = 0;
  for (const thread of readdirSync(folder)) {
    try {
      sum += Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // It ended while we looked.
    }
  }
  return sum;
}

/** Resident memory in MB: all, its part in shared memory, and that of files such as programs. */
export function residentMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { rss: of('VmRSS'), shared: of('RssShmem'), file: of('RssFile') };
}

/** Files of shared memory that the processes hold: their sizes, and what of them takes memory. */
export function sharedMemoryMb(pids) {
  const files = new Set();
  for (const pid of pids) {
    for (const [file] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/\/dev\/shm\/\S+/g))
      files.add(file);
  }
  let reserved = 0;
  let touched = 0;
  for (const file of files) {
    const { size, blocks } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, blocks: 0 };
    reserved += size;
    touched += blocks * 512;
  }
  return { reserved: reserved / 2 ** 20, touched: touched / 2 ** 20, files: files.size };
}
