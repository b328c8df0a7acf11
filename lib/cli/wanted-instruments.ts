import { HftError } from '../models/hft-error.js';
import { readInstrumentFile } from './instrument-file.js';
import type { WantedInstrument } from './wanted-instrument.js';

/** The options that name instruments. */
export interface InstrumentOptions {
  readonly symbol?: readonly string[];
  readonly tick?: number;
  readonly lot?: number;
  readonly instruments?: string;
}

/** Help of `--instruments`. */
export const INSTRUMENTS_HELP =
  'symbols with tick and lot size of their own: a TOML file with [[symbols]], symbol, tick_size, lot_size';

/**
 * What is to be read: the file's instruments, or the symbols, which share tick and lot size. Symbols that are
 * named select among those of the file.
 *
 * @param preset - Symbols when neither is given.
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function wantedInstruments(
  { symbol, tick, lot, instruments }: InstrumentOptions,
  preset: readonly string[] = ['BTCUSDT'],
): WantedInstrument[] {
  if (instruments === undefined)
    return [...new Set(symbol ?? preset)].map((name) => ({
      symbol: name,
      tickSize: tick,
      lotSize: lot,
    }));
  const all = readInstrumentFile(instruments).map((one) => ({
    symbol: one.symbol,
    tickSize: one.tickSize ?? tick,
    lotSize: one.lotSize ?? lot,
  }));
  if (symbol === undefined) return all;
  const missing = symbol.find((name) => !all.some((one) => one.symbol === name));
  if (missing !== undefined)
    throw new HftError('ERR_INVALID_ARGUMENT', `${instruments} has no symbol ${missing}.`, {
      remedy: `It has ${all.map((one) => one.symbol).join(', ')}.`,
    });
  return all.filter((one) => symbol.includes(one.symbol));
}
