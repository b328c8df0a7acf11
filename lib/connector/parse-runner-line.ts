import { jsonExcerpt } from '../models/json-excerpt.js';
import type {
  RunnerDepth,
  RunnerError,
  RunnerEvent,
  RunnerLevel,
  RunnerTrade,
} from './runner-event.js';

/** A line that is not of the protocol; the message names the first wrong field. */
export class InvalidLineError extends Error {
  override readonly name = 'InvalidLineError';
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * One line of the JSON-lines protocol as an event. Checked by hand and not by a schema: thousands
 * of lines per second pass here.
 *
 * @throws InvalidLineError
 */
export function parseRunnerLine(line: string): RunnerEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new InvalidLineError('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidLineError('not a JSON object');
  const fields = value as Fields;
  switch (fields['type']) {
    case 'trade':
      return trade(fields);
    case 'depth':
      return depth(fields);
    case 'status':
      return {
        type: 'status',
        status: typeof fields['status'] === 'string' ? fields['status'] : '',
        details: fields,
      };
    case 'error':
      return error(fields);
    default:
      throw new InvalidLineError(`type: ${jsonExcerpt(fields['type'])} is none of the protocol`);
  }
}

function trade(fields: Fields): RunnerTrade {
  const id = fields['id'] ?? '';
  if (typeof id !== 'string' && typeof id !== 'number')
    throw new InvalidLineError(`id: ${jsonExcerpt(id)} is neither text nor a number`);
  const maker = fields['is_buyer_maker'];
  const given = fields['side'];
  if (maker !== undefined && typeof maker !== 'boolean')
    throw new InvalidLineError(`is_buyer_maker: ${jsonExcerpt(maker)} is neither true nor false`);
  // The taker buys when the buyer is not the maker.
  const side = given ?? (maker === undefined ? undefined : maker ? 'sell' : 'buy');
  if (side !== 'buy' && side !== 'sell')
    throw new InvalidLineError(`side: ${jsonExcerpt(given)} is neither buy nor sell`);
  if (maker !== undefined && maker !== (side === 'sell'))
    throw new InvalidLineError(`side: ${side} contradicts is_buyer_maker ${String(maker)}`);
  return {
    type: 'trade',
    timestampMs: timestamp(fields),
    symbol: symbol(fields),
    price: positive('price', fields['price']),
    qty: positive('qty', fields['qty']),
    side,
    isBuyerMaker: side === 'sell',
    id: String(id),
  };
}

function depth(fields: Fields): RunnerDepth {
  const { last_update_id: id = 0, snapshot = false } = fields;
  if (typeof snapshot !== 'boolean')
    throw new InvalidLineError(`snapshot: ${jsonExcerpt(snapshot)} is neither true nor false`);
  return {
    type: 'depth',
    timestampMs: timestamp(fields),
    symbol: symbol(fields),
    bids: levels('bids', fields['bids']),
    asks: levels('asks', fields['asks']),
    lastUpdateId: number('last_update_id', id),
    snapshot,
    merged: 1,
  };
}

function error(fields: Fields): RunnerError {
  const { code, message } = fields;
  if (typeof code !== 'string' && typeof code !== 'number')
    throw new InvalidLineError(`code: ${jsonExcerpt(code)} is neither text nor a number`);
  return {
    type: 'error',
    code: String(code),
    message: typeof message === 'string' ? message : '',
  };
}

function levels(name: string, value: unknown): readonly RunnerLevel[] {
  if (!Array.isArray(value))
    throw new InvalidLineError(`${name}: ${jsonExcerpt(value)} is no list`);
  const list = value as unknown[];
  for (let i = 0; i < list.length; i += 1) {
    const level = list[i];
    if (!Array.isArray(level) || level.length !== 2)
      throw new InvalidLineError(
        `${name}[${String(i)}]: ${jsonExcerpt(level)} is no [price, quantity]`,
      );
    const [price, qty] = level as [unknown, unknown];
    // Nearly always so; `1e999` is Infinity.
    const isPlain = typeof price === 'number' && typeof qty === 'number';
    if (isPlain && price > 0 && price < Infinity && qty >= 0 && qty < Infinity) continue;
    const at = `${name}[${String(i)}]`;
    const checkedQty = number(at, qty);
    if (checkedQty < 0)
      throw new InvalidLineError(`${at}: quantity ${jsonExcerpt(qty)} is below 0`);
    list[i] = [positive(at, price), checkedQty];
  }
  return list as RunnerLevel[];
}

function timestamp(fields: Fields): number {
  return positive('timestamp', fields['timestamp']);
}

function symbol(fields: Fields): string {
  const value = fields['symbol'];
  if (typeof value !== 'string' || value === '')
    throw new InvalidLineError(`symbol: ${jsonExcerpt(value)} is no text`);
  return value;
}

function positive(name: string, value: unknown): number {
  const checked = number(name, value);
  if (checked > 0) return checked;
  throw new InvalidLineError(`${name}: ${jsonExcerpt(value)} is not above 0`);
}

/** Decimals may come as text, which is exact. JSON itself has neither NaN nor Infinity, but 1e999. */
function number(name: string, value: unknown): number {
  const result = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof result === 'number' && Number.isFinite(result)) return result;
  throw new InvalidLineError(`${name}: ${jsonExcerpt(value)} is no number`);
}
