import { HftError } from './hft-error.js';
import type { InstrumentSpec } from './live-instrument.js';
import { nearestName } from './nearest-name.js';

/**
 * Number of the instrument meant: by its number, its symbol, or `connector:symbol`. Allocates nothing
 * where there is one.
 *
 * @throws HftError `ERR_INSTRUMENT_NOT_FOUND`, `ERR_INVALID_ARGUMENT` for a symbol of several connectors
 * and for what is neither number nor text.
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
  if (typeof instrument !== 'string') {
    const given = (instrument as unknown) === null ? 'null' : `a ${typeof instrument}`;
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `instrument: must be a symbol or an index, not ${given}.`,
    );
  }
  let found = -1;
  for (let index = 0; index < instruments.length; index += 1) {
    const spec = instruments[index];
    if (spec === undefined || !isNamed(spec, instrument)) continue;
    if (found >= 0) throw ambiguous(instruments[found], instrument);
    found = index;
  }
  if (found < 0) throw notFound(instruments, instrument);
  return found;
}

/**
 * Number of the instrument of an order: `symbol` and `instrument` select it, and must agree where both
 * are given; the first one where neither is.
 *
 * @throws HftError as {@link findInstrument}, and `ERR_INVALID_ARGUMENT` when they do not agree.
 */
export function selectInstrument(
  instruments: readonly InstrumentSpec[],
  instrument: string | number | undefined,
  symbol: string | undefined,
): number {
  if (symbol === undefined)
    return instrument === undefined ? 0 : findInstrument(instruments, instrument);
  if (typeof symbol !== 'string')
    throw new HftError('ERR_INVALID_ARGUMENT', `symbol: must be a text, not a ${typeof symbol}.`);
  if (instrument === undefined) return findInstrument(instruments, symbol);
  const index = findInstrument(instruments, instrument);
  const spec = instruments[index];
  if (spec !== undefined && isNamed(spec, symbol)) return index;
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `symbol: ${JSON.stringify(symbol)} is not the instrument ${JSON.stringify(instrument)}, which is ${spec?.symbol ?? 'unknown'}.`,
    { remedy: 'Give one of them, or both for the same instrument: nothing was sent.' },
  );
}

function isNamed({ connector, symbol }: InstrumentSpec, name: string): boolean {
  if (symbol === name) return true;
  return (
    name.length === connector.length + 1 + symbol.length &&
    name.charCodeAt(connector.length) === 58 &&
    name.startsWith(connector) &&
    name.endsWith(symbol)
  );
}

function notFound(instruments: readonly InstrumentSpec[], wanted: string): HftError {
  const symbols = instruments.map((spec) => spec.symbol);
  const near = nearestName(wanted, symbols);
  return new HftError(
    'ERR_INSTRUMENT_NOT_FOUND',
    `there is no instrument ${JSON.stringify(wanted)}; there are ${symbols.join(', ')}.`,
    near === undefined ? {} : { remedy: `Did you mean ${near}?` },
  );
}

function ambiguous(first: InstrumentSpec | undefined, wanted: string): HftError {
  return new HftError(
    'ERR_INVALID_ARGUMENT',
    `instrument: ${JSON.stringify(wanted)} is traded on several connectors.`,
    {
      remedy: `Write "${first?.connector ?? ''}:${first?.symbol ?? ''}", or use its index.`,
    },
  );
}
