import type { BookLevel } from '../models/book-level.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { Side } from '../models/side.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedEvent } from './feed-event.js';
import { FeedEventError } from './feed-event-error.js';
import type { TradeTick } from './trade-tick.js';

/** 2286-11-20: a larger number is µs or ns, not ms. */
const LATEST_MS = 1e13;
const NS_PER_MS = 1_000_000n;
/** Decimal text as venues write it: no blanks, no hexadecimal, no words. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Words that venues use for the aggressor, in lower case. */
const SIDES: ReadonlyMap<unknown, Side> = new Map([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

type Fields = Readonly<Record<string, unknown>>;

/** What the events of one connector are completed with. */
export interface NormalizerOptions {
  /** Name of the connector; stands on every event. */
  readonly source: string;
  /** Symbol of events that name none; such events are rejected where it is not given. */
  readonly defaultSymbol?: string | undefined;
}

const KEYS = knownKeys<NormalizerOptions>({ source: true, defaultSymbol: true });

/**
 * Turns what a connector reports into a `TradeTick` or `DepthUpdate`, every field checked. Names of
 * fields count in camelCase and in snake_case.
 *
 * @param receivedMs - When it was received, Unix ms. Default now.
 * @throws FeedEventError `ERR_MISSING_FIELD` or `ERR_INVALID_FIELD` with the path of the field.
 */
export function normalizeEvent(
  raw: unknown,
  options: NormalizerOptions,
  receivedMs: number = Date.now(),
): FeedEvent {
  checkKeys(options, KEYS, '');
  const type = isFields(raw) ? raw['type'] : undefined;
  if (type === 'depth') return normalizeDepth(raw, options, receivedMs);
  if (type === 'trade') return normalizeTrade(raw, options, receivedMs);
  if (isFields(raw) && (type === undefined || type === null)) {
    throw missing('type', options.source);
  }
  throw invalid('type', "must be 'trade' or 'depth'", options.source);
}

/**
 * A trade. One of `side` and `isBuyerMaker` is enough, and they must agree.
 *
 * @throws FeedEventError as `normalizeEvent`.
 */
export function normalizeTrade(
  raw: unknown,
  options: NormalizerOptions,
  receivedMs: number = Date.now(),
): TradeTick {
  checkKeys(options, KEYS, '');
  const { source } = options;
  const fields = fieldsOf(raw, source);
  const symbol = symbolOf(fields, options);
  const timestampNs = nsOf(fields, source);
  const timestampMs = msOf(fields, timestampNs, source);
  const price = positive(fields['price'], 'price', source);
  const qty = positive(fields['qty'], 'qty', source);
  const side = sideOf(fields, source);
  return Object.freeze({
    type: 'trade',
    source,
    symbol,
    timestampMs,
    timestampNs,
    receivedMs,
    price,
    qty,
    side,
    isBuyerMaker: side === 'sell',
    id: idOf(fields['id'], source),
  });
}

/**
 * A change of a book.
 *
 * @throws FeedEventError as `normalizeEvent`.
 */
export function normalizeDepth(
  raw: unknown,
  options: NormalizerOptions,
  receivedMs: number = Date.now(),
): DepthUpdate {
  checkKeys(options, KEYS, '');
  const { source } = options;
  const fields = fieldsOf(raw, source);
  const symbol = symbolOf(fields, options);
  const timestampNs = nsOf(fields, source);
  const timestampMs = msOf(fields, timestampNs, source);
  return Object.freeze({
    type: 'depth',
    source,
    symbol,
    timestampMs,
    timestampNs,
    receivedMs,
    bids: levelsOf(fields['bids'], 'bids', source),
    asks: levelsOf(fields['asks'], 'asks', source),
    lastUpdateId: updateIdOf(fields, source),
    snapshot: snapshotOf(fields['snapshot'], source),
    merged: mergedOf(fields['merged'], source),
  });
}

function missing(field: string, source: string): FeedEventError {
  return new FeedEventError('ERR_MISSING_FIELD', field, 'is missing', source);
}

function invalid(field: string, rule: string, source: string): FeedEventError {
  return new FeedEventError('ERR_INVALID_FIELD', field, rule, source);
}

function isFields(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function fieldsOf(raw: unknown, source: string): Fields {
  if (!isFields(raw)) throw invalid('type', 'cannot be read: the event is no object', source);
  return raw;
}

function symbolOf(fields: Fields, { source, defaultSymbol }: NormalizerOptions): string {
  const symbol = fields['symbol'] ?? defaultSymbol;
  if (symbol === undefined) throw missing('symbol', source);
  if (typeof symbol !== 'string' || symbol === '')
    throw invalid('symbol', 'must be a text that is not empty', source);
  return symbol;
}

function nsOf(fields: Fields, source: string): bigint | undefined {
  const ns = fields['timestampNs'] ?? fields['timestamp_ns'];
  if (ns === undefined || ns === null) return undefined;
  if (typeof ns !== 'bigint' || ns <= 0n || ns >= BigInt(LATEST_MS) * NS_PER_MS)
    throw invalid('timestampNs', 'must be a bigint of Unix ns', source);
  return ns;
}

function msOf(fields: Fields, ns: bigint | undefined, source: string): number {
  if (ns !== undefined) return Number(ns / NS_PER_MS);
  const given = fields['timestamp'] ?? fields['timestampMs'] ?? fields['timestamp_ms'];
  if (given === undefined || given === null) throw missing('timestamp', source);
  const ms = given instanceof Date ? given.getTime() : given;
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms <= 0)
    throw invalid('timestamp', 'must be a valid Date or whole Unix ms above 0', source);
  if (ms >= LATEST_MS) throw invalid('timestamp', 'is past 2286: give ms, not µs or ns', source);
  return ms;
}

/** NaN when it is no number. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : NaN;
}

function positive(value: unknown, field: string, source: string): number {
  if (value === undefined || value === null) throw missing(field, source);
  const number = numberOf(value);
  if (!(number > 0 && number < Infinity))
    throw invalid(field, 'must be a finite number above 0', source);
  return number;
}

function sideOf(fields: Fields, source: string): Side {
  const maker = fields['isBuyerMaker'] ?? fields['is_buyer_maker'];
  if (maker !== undefined && maker !== null && typeof maker !== 'boolean')
    throw invalid('isBuyerMaker', 'must be true or false', source);
  const given = fields['side'];
  if (given === undefined || given === null) {
    if (typeof maker !== 'boolean') throw missing('side', source);
    return maker ? 'sell' : 'buy';
  }
  const side = SIDES.get(typeof given === 'string' ? given.toLowerCase() : given);
  if (side === undefined) throw invalid('side', "must be 'buy' or 'sell'", source);
  if (typeof maker === 'boolean' && maker !== (side === 'sell'))
    throw invalid('side', 'contradicts isBuyerMaker', source);
  return side;
}

function idOf(id: unknown, source: string): string {
  if (id === undefined || id === null) return '';
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint' || (typeof id === 'number' && Number.isFinite(id))) return String(id);
  throw invalid('id', 'must be a text or a number', source);
}

function updateIdOf(fields: Fields, source: string): number {
  const id = fields['lastUpdateId'] ?? fields['last_update_id'];
  if (id === undefined || id === null) throw missing('lastUpdateId', source);
  const number = typeof id === 'bigint' ? Number(id) : numberOf(id);
  if (!Number.isSafeInteger(number) || number < 0)
    throw invalid('lastUpdateId', 'must be a whole number from 0 on', source);
  return number;
}

function snapshotOf(snapshot: unknown, source: string): boolean {
  if (snapshot === undefined || snapshot === null) return false;
  if (typeof snapshot !== 'boolean') throw invalid('snapshot', 'must be true or false', source);
  return snapshot;
}

function mergedOf(merged: unknown, source: string): number {
  if (merged === undefined || merged === null) return 1;
  if (typeof merged !== 'number' || !Number.isSafeInteger(merged) || merged < 1)
    throw invalid('merged', 'must be a whole number from 1 on', source);
  return merged;
}

function levelsOf(given: unknown, side: string, source: string): readonly BookLevel[] {
  if (given === undefined || given === null) throw missing(side, source);
  if (!Array.isArray(given)) throw invalid(side, 'must be a list of levels', source);
  const levels = new Array<BookLevel>(given.length);
  for (let i = 0; i < given.length; i += 1) levels[i] = levelOf(given[i], side, i, source);
  return Object.freeze(levels);
}

function levelOf(level: unknown, side: string, index: number, source: string): BookLevel {
  if (typeof level !== 'object' || level === null)
    throw invalid(`${side}[${index}]`, 'must be [price, qty] or { price, qty }', source);
  const pair = level as Partial<BookLevel> & readonly unknown[];
  const isPair = Array.isArray(level);
  const price = isPair ? pair[0] : pair.price;
  const qty = isPair ? pair[1] : pair.qty;
  if (price === undefined || price === null) throw missing(`${side}[${index}].price`, source);
  if (qty === undefined || qty === null) throw missing(`${side}[${index}].qty`, source);
  const px = numberOf(price);
  if (!(px > 0 && px < Infinity))
    throw invalid(`${side}[${index}].price`, 'must be a finite number above 0', source);
  const size = numberOf(qty);
  if (!(size >= 0 && size < Infinity))
    throw invalid(`${side}[${index}].qty`, 'must be a finite number from 0 on', source);
  return Object.freeze({ price: px, qty: size + 0 });
}
