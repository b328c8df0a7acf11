import { HftError } from './hft-error.js';
import { nearestName } from './nearest-name.js';

/** Every name of an interface of options. */
export type NamesOf<T extends object> = { readonly [Name in keyof T]-?: true };

/** The names that an object of options may have, and what to say to some that it may not. */
export interface KnownKeys {
  readonly names: ReadonlySet<string>;
  /** By unknown name: what to use instead. */
  readonly hints: ReadonlyMap<string, string>;
}

/**
 * The names of an interface of options. The compiler refuses a list that lacks one or has one too
 * many, so that a new option cannot be forgotten here.
 *
 * @param hints - What to say to names that other libraries know and this one does not.
 */
export function knownKeys<T extends object>(
  names: NamesOf<T>,
  hints: Readonly<Record<string, string>> = {},
): KnownKeys {
  return { names: new Set(Object.keys(names)), hints: new Map(Object.entries(hints)) };
}

/** The names of a table that holds a value for each. */
export function keysOfTable(table: object): KnownKeys {
  return { names: new Set(Object.keys(table)), hints: new Map() };
}

/** The same names without some of them. */
export function namesWithout<T extends object, K extends keyof T>(
  names: NamesOf<T>,
  left: readonly K[],
): NamesOf<Omit<T, K>> {
  const rest = Object.entries(names).filter(([name]) => !left.includes(name as K));
  return Object.fromEntries(rest) as unknown as NamesOf<Omit<T, K>>;
}

/**
 * Refuses an unknown name in an object of options: what was asked for by it would not happen.
 *
 * Own names count and inherited ones, as far as they are enumerable, because those are read too: a
 * class's methods and accessors are not, its fields are. Symbols do not count. A name is unknown
 * whatever its value is, also `undefined`. Values are not looked at, so no getter runs here; what one
 * throws later reaches the caller. Allocates nothing while every name is known.
 *
 * @param path - What the object is in the call, for the message; '' for the options of a constructor.
 * @returns The object.
 * @throws HftError `ERR_INVALID_ARGUMENT` with the nearest known name, also for what is no object.
 */
export function checkKeys<T extends object>(given: T, known: KnownKeys, path: string): T {
  if (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given))
    throw noObject(given, path);
  for (const key in given) if (!known.names.has(key)) throw unknownKey(key, known, path);
  return given;
}

function noObject(given: unknown, path: string): HftError {
  const is =
    given === null || given === undefined
      ? String(given)
      : Array.isArray(given)
        ? 'a list'
        : `a ${typeof given}`;
  return new HftError(
    'ERR_INVALID_ARGUMENT',
    `${path === '' ? 'options' : path}: must be an object with named fields, not ${is}.`,
  );
}

function unknownKey(key: string, { names, hints }: KnownKeys, path: string): HftError {
  const shown = /^[\w$]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64));
  const hint = hints.get(key);
  const near = hint === undefined ? nearestName(key, names) : undefined;
  return new HftError(
    'ERR_INVALID_ARGUMENT',
    `${path === '' ? '' : `${path}.`}${shown}: there is no such option.`,
    {
      remedy:
        hint ??
        (near === undefined ? `There are ${[...names].join(', ')}` : `Did you mean ${near}?`),
    },
  );
}
