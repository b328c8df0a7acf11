import type { ConnectorError } from './connector-error.js';
import { HftError } from './hft-error.js';
import type { InstrumentSpec } from './live-instrument.js';

/** The connector's number for a symbol that it does not know. */
const SYMBOL_UNKNOWN = 3001n;
/** Its numbers for sizes that are not the symbol's, or none. */
const SIZES: readonly bigint[] = [3002n, 3003n];

/**
 * The error of an instrument that the connector refused to register, in the connector's words;
 * `undefined` when it reported something else. Waiting does not change it: the description is wrong.
 */
export function registrationRefusal(
  reported: ConnectorError,
  spec: InstrumentSpec,
): HftError | undefined {
  if (reported.kind !== 'custom' || reported.orderId !== undefined) return undefined;
  const { symbol, connector } = spec;
  const said = reported.text === '' ? '' : `: ${reported.text}`;
  if (reported.value === SYMBOL_UNKNOWN) {
    const upper = symbol.toUpperCase();
    // A connector that gives a reason has looked among the names that there are.
    const meant = upper === symbol || reported.text !== '' ? '' : `. Did you mean ${upper}?`;
    return new HftError(
      'ERR_INSTRUMENT_NOT_FOUND',
      `the connector ${connector} does not know the symbol ${symbol}${said}${meant}`,
      { remedy: 'Write the symbol as the venue does, or give it to the connector' },
    );
  }
  if (!SIZES.includes(reported.value)) return undefined;
  return new HftError(
    'ERR_INVALID_ARGUMENT',
    `the connector ${connector} refuses the tick or lot size of ${symbol}${said}`,
    { remedy: 'Give the sizes that the connector names' },
  );
}
