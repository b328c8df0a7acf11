import { InvalidArgumentError } from 'commander';

/**
 * A number above 0, from the command line.
 *
 * @throws InvalidArgumentError, which commander shows.
 */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
