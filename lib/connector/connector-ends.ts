import { HftError } from '../models/hft-error.js';

/** What to do about a connector that ended by itself. */
export const EXIT_CODES =
  'Its last lines say why; its exit codes stand in docs/guide/connector-reference.md.';

/** A process whose end was asked for. */
export function stoppedError(what: string): HftError {
  return new HftError('ERR_CLOSED', what, { remedy: 'Make a new one.' });
}
