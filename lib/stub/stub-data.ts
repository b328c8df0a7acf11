import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { HftError } from '../models/hft-error.js';
import type { Side } from '../models/side.js';

/** A level or trade of stub data: side, price, quantity. Depth: `buy` is a bid, 0 deletes. */
export type StubQuote = readonly [side: Side, price: number, qty: number];

/** What one instrument's feed reported at one time. */
export interface StubFeed {
  /** Exchange time, ns since the start of the data. */
  readonly atNs: number;
  /** Index of the instrument. */
  readonly asset: number;
  /** True when `depth` is the whole book. */
  readonly snapshot: boolean;
  readonly trade: StubQuote | null;
  readonly depth: readonly StubQuote[];
}

/** Feeds of one or several instruments, by time: generated, recorded from a stub, or loaded. */
export interface StubData {
  readonly instruments: readonly {
    readonly symbol: string;
    readonly tickSize: number;
    readonly lotSize: number;
  }[];
  readonly feeds: readonly StubFeed[];
}

const FORMAT = 'hftbacktest-live/stub-data';
const VERSION = 1;

/** Writes stub data as JSON lines: a header, then one feed per line. */
export function saveStubData(path: string, data: StubData): void {
  const file = openSync(path, 'w');
  try {
    const { instruments } = data;
    writeSync(file, `${JSON.stringify({ format: FORMAT, version: VERSION, instruments })}\n`);
    for (const feed of data.feeds) writeSync(file, `${JSON.stringify(feed)}\n`);
  } finally {
    closeSync(file);
  }
}

/**
 * Reads stub data that `saveStubData` wrote.
 *
 * @throws HftError `ERR_INVALID_DATA` naming the first wrong line.
 */
export function loadStubData(path: string): StubData {
  const lines = readFileSync(path, 'utf8').split('\n');
  const header = parseLine(path, lines, 0);
  if (header['format'] !== FORMAT || header['version'] !== VERSION) {
    throw damaged(path, 0, `is not the header of ${FORMAT} version ${String(VERSION)}`);
  }
  const instruments = header['instruments'];
  if (!Array.isArray(instruments) || instruments.length === 0) {
    throw damaged(path, 0, 'names no instruments');
  }
  const feeds: StubFeed[] = [];
  let lastNs = 0;
  for (let index = 1; index < lines.length; index += 1) {
    if (lines[index] === '') continue;
    const feed = parseLine(path, lines, index) as unknown as StubFeed;
    const wrong = findFault(feed, instruments.length, lastNs);
    if (wrong !== null) throw damaged(path, index, wrong);
    lastNs = feed.atNs;
    feeds.push(feed);
  }
  return { instruments: instruments as StubData['instruments'], feeds };
}

function damaged(path: string, index: number, what: string): HftError {
  return new HftError('ERR_INVALID_DATA', `${path}:${String(index + 1)}: the line ${what}.`, {
    remedy: 'Write the file again with saveStubData().',
  });
}

function parseLine(path: string, lines: readonly string[], index: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(lines[index] ?? '');
  } catch (error) {
    throw new HftError('ERR_INVALID_DATA', `${path}:${String(index + 1)}: the line is not JSON.`, {
      remedy: 'Write the file again with saveStubData().',
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null) throw damaged(path, index, 'is not an object');
  return value as Record<string, unknown>;
}

function isQuote(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [side, price, qty] = value as unknown[];
  return (
    (side === 'buy' || side === 'sell') &&
    typeof price === 'number' &&
    Number.isFinite(price) &&
    typeof qty === 'number' &&
    qty >= 0
  );
}

function findFault(feed: StubFeed, instruments: number, lastNs: number): string | null {
  const { atNs, asset, trade, depth, snapshot } = feed;
  if (!Number.isSafeInteger(atNs) || atNs < lastNs) return 'has no atNs, or one before the last';
  if (!Number.isInteger(asset) || asset < 0 || asset >= instruments) return 'has a wrong asset';
  if (typeof snapshot !== 'boolean') return 'has no snapshot flag';
  if (trade !== null && !isQuote(trade)) return 'has a wrong trade';
  return Array.isArray(depth) && depth.every(isQuote) ? null : 'has a wrong depth level';
}
