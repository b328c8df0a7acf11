import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';

/**
 * Number of the instrument meant: by its number, its symbol, or `connector:symbol`.
 *
 * @throws HftError `ERR_INSTRUMENT_NOT_FOUND`, `ERR_INVALID_ARGUMENT` for a symbol of several connectors.
 */
export function findInstrument(
  instruments: readonly InstrumentSpec[],
  instrument: string | number,
): number {
  if (typeof instrument === 'number') {
    if (Number.isInteger(instrument) && instrument >= 0 && instrument < instruments.length)
      return instrument;
    throw new HftError('ERR_INSTRUMENT_NOT_FOUND', `there is no instrument ${String(instrument)}.`);
  }
  const found = [...instruments.entries()].filter(
    ([, spec]) => spec.symbol === instrument || `${spec.connector}:${spec.symbol}` === instrument,
  );
  const [first, second] = found;
  if (first === undefined) {
    throw new HftError(
      'ERR_INSTRUMENT_NOT_FOUND',
      `there is no instrument ${JSON.stringify(instrument)}; there are ${instruments.map((spec) => spec.symbol).join(', ')}.`,
    );
  }
  if (second !== undefined) {
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `instrument: ${JSON.stringify(instrument)} is traded on several connectors.`,
      {
        remedy: `Write "${first[1].connector}:${first[1].symbol}", or use its index.`,
      },
    );
  }
  return first[0];
}
