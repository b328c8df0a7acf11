import { closeSync, openSync, readSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { ordersFromCode, type OrdersKind } from '../../models/orders-kind.js';

/** Begins every page of this package's processes; what follows is of `crates/wire/src/control_block.rs`. */
const MAGIC = 'hblPage1';
const LAYOUT_VERSION = 4;
const LAYOUT_OFFSET = 8;
const PID_OFFSET = 12;
const CAPABILITIES_OFFSET = 32;
const KIND_OFFSET = 72;
const ORDERS_OFFSET = 152;
const ENVIRONMENT_OFFSET = 156;
const TEXT_BYTES = 32;
const HEAD_BYTES = ENVIRONMENT_OFFSET + TEXT_BYTES;
/** On a bot's page: it is read-only. */
const READ_ONLY = 32;
const NAME = /^hbl-\d+-(connector|bot)-(.+)$/;

/** What a process of this package says of itself in shared memory. */
export interface ProcessPage {
  /** File name of the page. */
  readonly file: string;
  readonly owner: 'connector' | 'bot';
  /** Name of a connector, id of a bot. */
  readonly name: string;
  /** `undefined` when it cannot be read: another user's, or gone since. */
  readonly pid: number | undefined;
  /** The rest; `undefined` when it cannot be read, or another version wrote it. */
  readonly hello:
    | {
        readonly kind: string;
        readonly orders: OrdersKind;
        readonly environment: string;
        readonly isReadOnly: boolean;
      }
    | undefined;
}

/** The pages of this package's processes, also of those that are gone. */
export function processPages(folder: string): ProcessPage[] {
  return readdirSync(folder).flatMap((file) => {
    const [, owner, escaped] = NAME.exec(file) ?? [];
    if (escaped === undefined) return [];
    const head = headOf(join(folder, file));
    return [
      {
        file,
        owner: owner === 'bot' ? 'bot' : 'connector',
        name: unescaped(escaped),
        pid: head?.readUInt32LE(PID_OFFSET),
        hello:
          head?.readUInt32LE(LAYOUT_OFFSET) === LAYOUT_VERSION
            ? {
                kind: textAt(head, KIND_OFFSET),
                orders: ordersFromCode(head.readUInt32LE(ORDERS_OFFSET)),
                environment: textAt(head, ENVIRONMENT_OFFSET),
                isReadOnly: (head.readUInt32LE(CAPABILITIES_OFFSET) & READ_ONLY) !== 0,
              }
            : undefined,
      },
    ];
  });
}

/** True while the process runs whose page it is: its id may be another process's by now. */
export function isHeld({ pid, file }: ProcessPage, folder: string): boolean {
  if (pid === undefined || !isRunning(pid)) return false;
  return pagesHeldBy(pid, folder)?.has(file) ?? true;
}

/** True while a process of this id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Names of the pages that a process holds open: its own, and of a connector those of its bots.
 * `undefined` when it cannot be found out.
 */
export function pagesHeldBy(pid: number, folder: string): Set<string> | undefined {
  const held = new Set<string>();
  const descriptors = `/proc/${String(pid)}/fd`;
  try {
    const place = `${realpathSync(folder)}/`;
    for (const descriptor of readdirSync(descriptors)) {
      let target: string;
      try {
        target = readlinkSync(join(descriptors, descriptor));
      } catch {
        continue; // Closed meanwhile.
      }
      if (target.startsWith(place)) held.add(target.slice(place.length));
    }
  } catch {
    return undefined;
  }
  return held;
}

function headOf(file: string): Buffer | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  try {
    const handle = openSync(file, 'r');
    try {
      const length = readSync(handle, head, 0, head.length, 0);
      return length === head.length && head.toString('latin1', 0, MAGIC.length) === MAGIC
        ? head
        : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

function textAt(head: Buffer, offset: number): string {
  const text = head.toString('utf8', offset, offset + TEXT_BYTES);
  return text.split('\0', 1)[0] ?? '';
}

/** A connector's name as it was before it became part of a file's. */
function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
