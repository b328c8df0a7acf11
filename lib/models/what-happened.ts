import { errorText } from './error-text.js';
import { HftError } from './hft-error.js';

/** What was thrown, in words, without what to do about it: another error says that in its own. */
export function whatHappened(thrown: unknown): string {
  const text = errorText(thrown);
  if (!HftError.is(thrown) || thrown.remedy === '') return text;
  const end = text.lastIndexOf(thrown.remedy);
  return (end < 0 ? text : text.slice(0, end)).trim();
}
