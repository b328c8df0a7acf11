import { HftError } from './hft-error.js';

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** What a word says as a flag: true, 1, yes, on, or false, 0, no, off, in any case; else `undefined`. */
export function flagWord(word: string): boolean | undefined {
  return WORDS.get(word.trim().toLowerCase());
}

/**
 * A flag that decides about money or the venue, from a variable; `undefined` for one that is missing
 * or empty.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for a word that is no flag. The message does not repeat it:
 * a key pasted into the wrong line must not reach a log.
 */
export function flagVariable(env: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const text = env[name]?.trim() ?? '';
  if (text === '') return undefined;
  const value = flagWord(text);
  if (value !== undefined) return value;
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `${name} is neither true nor false, and nothing was started.`,
    {
      remedy: 'Write true, 1, yes or on, or false, 0, no or off, without quotes, or unset it.',
    },
  );
}

/**
 * A flag that decides about money or the venue, from an option; `undefined` when it was not given.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for anything but a boolean: `'false'` is a text, and true.
 */
export function flagOption(value: unknown, path: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new HftError('ERR_INVALID_ARGUMENT', `${path}: it is a ${typeof value}, not a boolean.`, {
    remedy: 'Give true or false without quotes, or leave it out.',
  });
}
