import { readFileSync } from 'node:fs';

/** One record as `record-vectors.json` holds it: 64-bit fields as decimal strings. */
export interface RecordVector {
  name: string;
  /** 128 bytes. */
  hex: string;
  fields: Record<string, number | string>;
}

/** The vectors that the Rust twin of the record checks too. */
export function loadRecordVectors(): RecordVector[] {
  const file = new URL('./record-vectors.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as RecordVector[];
}
