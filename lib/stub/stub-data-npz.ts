import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { invalid } from '../models/arguments.js';
import type { StubData, StubQuote } from './stub-data.js';

/** hftbacktest's event: flags, two times, price, quantity and three fields of no use here. */
const DTYPE =
  "[('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')]";
const EVENT_BYTES = 64;
const DEPTH = 1n;
const TRADE = 2n;
/** Seen by the exchange and by the local side. */
const BOTH_SIDES = (1n << 31n) | (1n << 30n);
const BUY = 1n << 29n;
const SELL = 1n << 28n;

/** Times that stub data has none of, for `saveStubNpz`. */
export interface NpzOptions {
  /** Unix ns of the start of the data. Default 1 700 000 000 s. */
  readonly startTsNs?: bigint;
  /** From exchange to local time, ns. Default 100 µs. */
  readonly feedLatencyNs?: number;
}

/** A `.npy` array of events. */
function npyOf(
  events: readonly [ev: bigint, atNs: number, quote: StubQuote][],
  options: NpzOptions,
): Buffer {
  const { startTsNs = 1_700_000_000_000_000_000n, feedLatencyNs = 100_000 } = options;
  const text = `{'descr': ${DTYPE}, 'fortran_order': False, 'shape': (${String(events.length)},), }`;
  // Magic, version and length take 10 bytes; the data begins at a multiple of 64.
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const npy = Buffer.alloc(10 + header.length + events.length * EVENT_BYTES);
  npy.write('\x93NUMPY\x01\x00', 'latin1');
  npy.writeUInt16LE(header.length, 8);
  npy.write(header, 10, 'latin1');
  let at = 10 + header.length;
  for (const [ev, atNs, [, price, qty]] of events) {
    const exchTsNs = startTsNs + BigInt(atNs);
    npy.writeBigUInt64LE(ev, at);
    npy.writeBigInt64LE(exchTsNs, at + 8);
    npy.writeBigInt64LE(exchTsNs + BigInt(feedLatencyNs), at + 16);
    npy.writeDoubleLE(price, at + 24);
    npy.writeDoubleLE(qty, at + 32);
    at += EVENT_BYTES;
  }
  return npy;
}

/** A zip archive with one stored file: what `numpy.savez` writes. */
function zipOf(name: string, content: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const file = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name)]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    fields,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(file.length + content.length, 16);
  return Buffer.concat([file, content, directory, end]);
}

/**
 * Writes the feeds of one instrument as the `.npz` that hftbacktest's backtester and the replay
 * connector read: the same made-up market for the stub, for backtests and for paper trading.
 *
 * @param asset - Index of the instrument in the data, default 0.
 * @throws HftError `ERR_INVALID_ARGUMENT` when the data has no such instrument.
 */
export function saveStubNpz(
  path: string,
  data: StubData,
  asset = 0,
  options: NpzOptions = {},
): void {
  if (data.instruments[asset] === undefined)
    invalid('asset', asset, 'is no instrument of the data');
  const events: [bigint, number, StubQuote][] = [];
  for (const feed of data.feeds) {
    if (feed.asset !== asset) continue;
    const quotes: [bigint, StubQuote][] = feed.depth.map((level) => [DEPTH, level]);
    if (feed.trade !== null) quotes.push([TRADE, feed.trade]);
    for (const [kind, quote] of quotes) {
      const ev = BOTH_SIDES | kind | (quote[0] === 'buy' ? BUY : SELL);
      events.push([ev, feed.atNs, quote]);
    }
  }
  writeFileSync(path, zipOf('data.npy', npyOf(events, options)));
}
