import { HftError } from './hft-error.js';

/** A wrong value, as a message shows it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${String(value)}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'undefined':
    case 'boolean':
      return String(value);
    default:
      return value === null ? 'null' : typeof value;
  }
}

/** Throws `ERR_INVALID_ARGUMENT` that names the argument, its value and the rule. */
export function invalid(path: string, value: unknown, rule: string): never {
  throw new HftError('ERR_INVALID_ARGUMENT', `${path}: ${shown(value)} ${rule}.`);
}
