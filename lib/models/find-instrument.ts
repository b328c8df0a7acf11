import { HftError } from './hft-error.js';
import type { InstrumentSpec } from './live-instrument.js';

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
    throw new HftError(
      'ERR_INSTRUMENT_NOT_FOUND',
      `there is no instrument ${String(instrument)}.`,
      {
        remedy: `Use an index from 0 to ${String(instruments.length - 1)}, in the order of the instruments.`,
      },
    );
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

/** Another case or ending; ETHUSDT is no way to write BTCUSDT. */
function isWrittenLike(symbol: string, wanted: string): boolean {
  const [a, b] = [symbol, wanted].map((text) => text.toLowerCase().replace(/[^a-z0-9]/g, ''));
  if (a === undefined || b === undefined || b.length < 3) return false;
  return a.startsWith(b) || b.startsWith(a);
}

function notFound(instruments: readonly InstrumentSpec[], wanted: string): HftError {
  const symbols = instruments.map((spec) => spec.symbol);
  const near = symbols.find((symbol) => isWrittenLike(symbol, wanted));
  return new HftError(
    'ERR_INSTRUMENT_NOT_FOUND',
    `there is no instrument ${JSON.stringify(wanted)}; there are ${symbols.join(', ')}.`,
    { remedy: near === undefined ? 'Name one of them.' : `Did you mean ${near}?` },
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
