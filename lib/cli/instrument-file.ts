import { readFileSync } from 'node:fs';

import { TomlError, parse } from 'smol-toml';

import { errorText } from '../models/error-text.js';
import { HftError } from '../models/hft-error.js';
import { nearestName } from '../models/nearest-name.js';
import type { WantedInstrument } from './wanted-instrument.js';

const KEYS = ['symbol', 'tick_size', 'lot_size'] as const;

/**
 * The instruments of a file: one table `[[symbols]]` each, with `symbol`, `tick_size` and `lot_size` as in a
 * config file of `sim`. Sizes may be left out.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` with file, line and key.
 */
export function readInstrumentFile(file: string): WantedInstrument[] {
  let text: string;
  let root: Record<string, unknown>;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(file, `cannot be read: ${errorText(error)}`);
  }
  try {
    root = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    throw wrong(`${file}, line ${String(error.line)}`, what);
  }
  for (const key of Object.keys(root))
    if (key !== 'symbols') throw unknown(file, text, key, ['symbols']);
  const tables = root['symbols'];
  if (!Array.isArray(tables) || tables.length === 0) throw wrong(file, 'it has no [[symbols]]');
  const found = tables.map((table: unknown, index) =>
    instrumentOf(file, text, index, isTable(table) ? table : {}),
  );
  const twice = found.find(
    ({ symbol }, index) => found.findIndex((one) => one.symbol === symbol) < index,
  );
  if (twice !== undefined) throw wrong(file, `symbol: ${twice.symbol} stands in it twice`);
  return found;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function instrumentOf(
  file: string,
  text: string,
  index: number,
  table: Record<string, unknown>,
): WantedInstrument {
  for (const key of Object.keys(table))
    if (!KEYS.some((known) => known === key)) throw unknown(file, text, key, KEYS);
  const at = `${file}, [[symbols]] number ${String(index + 1)}`;
  const { symbol } = table;
  if (typeof symbol !== 'string' || symbol === '') throw wrong(at, 'symbol: must be a text');
  const step = (key: 'tick_size' | 'lot_size'): number | undefined => {
    const value = table[key];
    if (value === undefined) return undefined;
    const size = typeof value === 'bigint' ? Number(value) : value;
    if (typeof size !== 'number' || !(size > 0) || !Number.isFinite(size))
      throw wrong(at, `${key}: must be a number above 0`);
    return size;
  };
  return { symbol, tickSize: step('tick_size'), lotSize: step('lot_size') };
}

function unknown(file: string, text: string, key: string, known: readonly string[]): HftError {
  const line = text
    .split('\n')
    .findIndex((each) => new RegExp(`^\\s*\\[*\\s*${key.replace(/[^\w-]/g, '.')}\\b`).test(each));
  const near = nearestName(key, known);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return wrong(
    line < 0 ? file : `${file}, line ${String(line + 1)}`,
    `unknown key ${key}; there are ${known.join(', ')}.${hint}`,
  );
}

function wrong(place: string, what: string): HftError {
  return new HftError('ERR_INVALID_ARGUMENT', `${place}: ${what}`, {
    remedy: 'Its form stands in docs/guide/command-line.md, "Several symbols".',
  });
}
