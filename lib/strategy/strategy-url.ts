import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { invalid } from '../models/invalid.js';

/**
 * The URL of a strategy's module; a path is taken relative to the working directory.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`.
 */
export function strategyUrl(strategy: URL | string): string {
  if (strategy instanceof URL) return strategy.href;
  if (typeof strategy !== 'string' || strategy === '') {
    invalid('strategy', strategy, 'must be a URL or a path');
  }
  return /^[a-z]{2,}:/i.test(strategy) ? strategy : pathToFileURL(path.resolve(strategy)).href;
}
