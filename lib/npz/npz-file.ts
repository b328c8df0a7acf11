import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

import { ROW_BYTES } from './event-rows.js';
import { npyHeader } from './npy-header.js';

const NAME = 'data.npy';
const VERSION = 20;
const DEFLATED = 8;
/** 1980-01-01, the first day that a zip archive knows. */
const DATE = 0x21;

/**
 * Writes rows of events as the `.npz` that hftbacktest loads (`numpy.savez_compressed` makes the
 * same). The file is there whole or not at all.
 *
 * @throws Error of the file system.
 */
export function writeNpz(path: string, rows: Buffer): void {
  const npy = Buffer.concat([npyHeader(rows.length / ROW_BYTES), rows]);
  const packed = deflateRawSync(npy, { level: 6 });
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(DEFLATED, 4);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc32(npy), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(npy.length, 18);
  fields.writeUInt16LE(NAME.length, 22);
  const head = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(NAME)]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    fields,
    Buffer.alloc(14),
    Buffer.from(NAME),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(head.length + packed.length, 16);
  writeWhole(path, Buffer.concat([head, packed, directory, end]));
}

/** Writes beside the file and renames: no reader ever sees half of it. */
function writeWhole(path: string, content: Buffer): void {
  const fresh = `${path}.new`;
  try {
    const handle = openSync(fresh, 'w');
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
