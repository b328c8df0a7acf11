import { HftError } from '../models/hft-error.js';

/** Also those that show nowhere. */
const BLANK = /[\s\u200b\ufffd]/;
const QUOTE_AT_END = /^["'`“”‘’]|["'`“”‘’]$/;

/**
 * Refuses a key that was copied with what stood around it: the venue would refuse its signature, and
 * count that against the address. The value is not repeated.
 *
 * @param name - Name of the variable or option.
 * @param key - Nothing, or only blanks, is no key and passes.
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function checkKey(name: string, key: string | undefined): void {
  if (key === undefined || key.trim() === '') return;
  if (!BLANK.test(key) && !QUOTE_AT_END.test(key)) return;
  throw new HftError(
    'ERR_INVALID_ARGUMENT',
    `${name}: has quotes or blanks around it or inside; nothing was sent.`,
    { remedy: 'Write it without them.' },
  );
}
