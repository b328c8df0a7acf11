import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, vi } from 'vitest';

const NODES = path.join('/tmp', 'iceoryx2', 'nodes');

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Nobody has used it yet, or it went while we looked.
  }
}

/** iceoryx2's 128-bit ids carry the process in their lowest 32 bits; a connection names two. */
function pidsIn(name: string): number[] {
  const ids = name.match(/(?<=^|_)\d{20,39}(?=[_.]|$)/g) ?? [];
  return ids.map((id) => Number(BigInt(id) & 0xffff_ffffn));
}

function isOurs(pid: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === process.pid) return true;
    try {
      // The name in the second field may hold anything; what follows its bracket does not.
      const stat = readFileSync(`/proc/${at}/stat`, 'utf8');
      at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return at === pid; // What a dead process left counts.
    }
  }
  return false;
}

/** Files of shared memory that now exist, by name, of this process, its children and the dead. */
function entries(): Set<string> {
  const found = new Set<string>();
  const foreignServices = new Set<string>();
  for (const node of names(NODES)) {
    if (pidsIn(node).every(isOurs)) {
      found.add(`nodes/${node}`);
      continue;
    }
    for (const tag of names(path.join(NODES, node)))
      foreignServices.add(tag.replace('.service_tag', ''));
  }
  const isForeign = (name: string): boolean =>
    [...foreignServices].some((service) => name.includes(service.replace('iox2_', '')));
  for (const name of names(path.join(path.dirname(NODES), 'services'))) {
    if (!isForeign(name)) found.add(`services/${name}`);
  }
  const pages = process.platform === 'linux' ? '/dev/shm' : tmpdir();
  for (const name of names(pages)) {
    if (!/^(hbl-|iox2_)/.test(name) || isForeign(name)) continue;
    const pids = name.startsWith('hbl-') ? pageOwner(path.join(pages, name)) : pidsIn(name);
    if (pids.every(isOurs)) found.add(`memory/${name}`);
  }
  return found;
}

/** A page of ours names its owner in its fourth word. */
function pageOwner(file: string): number[] {
  try {
    return [readFileSync(file).readUInt32LE(12)];
  } catch {
    return []; // It went while we looked.
  }
}

/** What there is in shared memory compared with a moment before. Other living programs do not count. */
export class SharedMemoryBaseline {
  readonly #before = entries();

  /** What has come since and is still there. */
  added(): string[] {
    return [...entries()].filter((name) => !this.#before.has(name)).sort();
  }

  /** Waits until what has come since is just this: what a dead process held may take a moment to go. */
  async expectAdded(names: readonly string[]): Promise<void> {
    await vi.waitFor(
      () => {
        expect(this.added()).toEqual(names);
      },
      { timeout: 20_000, interval: 50 },
    );
  }
}
