import { errorText } from '../models/error-text.js';
import { HftError } from '../models/hft-error.js';
import { whatHappened } from '../models/what-happened.js';
import { isUsageError } from './usage-errors.js';

/** Why a command failed, for programs: the value of `error` in a line of `--json`. */
export interface Failure {
  /** Stable: an `HftErrorCode`, or the operating system's (`EACCES`). */
  readonly code: string;
  /** What happened. */
  readonly message: string;
  /** What to do about it, '' when nothing can be said. */
  readonly remedy: string;
}

/** What was thrown, as a {@link Failure}. */
export function failureOf(thrown: unknown): Failure {
  const text = errorText(thrown);
  if (HftError.is(thrown)) {
    const { code, remedy } = thrown;
    return { code, message: whatHappened(thrown), remedy };
  }
  if (isUsageError(thrown)) {
    const message = text.replace(/^error: /, '');
    return { code: 'ERR_INVALID_ARGUMENT', message, remedy: 'All options: --help' };
  }
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
      ? thrown.code
      : 'ERR_CUSTOM';
  return { code, message: text, remedy: '' };
}
