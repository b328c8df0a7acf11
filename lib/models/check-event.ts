import { HftError } from './hft-error.js';
import { nearestName } from './nearest-name.js';

/**
 * Refuses a name of an event that there is not: nothing would ever be heard of it.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` with the nearest name.
 */
export function checkEvent(name: string, names: object): void {
  if (typeof name !== 'string' || !Object.hasOwn(names, name)) {
    const known = Object.keys(names);
    const near = typeof name === 'string' ? nearestName(name, known) : undefined;
    throw new HftError('ERR_INVALID_ARGUMENT', `event: there is no ${JSON.stringify(name)}.`, {
      remedy: near === undefined ? `There are ${known.join(', ')}` : `Did you mean ${near}?`,
    });
  }
}

/**
 * Refuses a handler that cannot be called.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function checkHandler(name: string, handler: unknown): void {
  if (typeof handler === 'function') return;
  throw new HftError('ERR_INVALID_ARGUMENT', `handler: no function for "${name}".`);
}
