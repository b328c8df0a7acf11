import { HftError } from './hft-error.js';
import type { InstrumentSpec } from './live-instrument.js';

/**
 * Index of the first instrument on a connector.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for a connector that no instrument names.
 */
export function assetOn(instruments: readonly InstrumentSpec[], connector: string): number {
  const asset = instruments.findIndex((spec) => spec.connector === connector);
  if (asset >= 0) return asset;
  throw new HftError('ERR_INVALID_ARGUMENT', `connector: ${connector} is not known here.`, {
    remedy: 'Give the name of a connector of one of the instruments.',
  });
}
