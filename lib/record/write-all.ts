import { writeSync } from 'node:fs';

/**
 * Writes all of `bytes` at `position`; one call of the system may write less.
 *
 * @throws Error of the file system, for instance when the disk is full; a part may be written then.
 */
export function writeAll(handle: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
  }
}
