// What is left in the caches of a thread that spins through the pauses between events: one round.
import { peer } from './build.mjs';
import { resultOf } from './process.mjs';
import { us } from './statistics.mjs';

/** Cache lines that are read `rate` times a second: the time it takes, and at once again (`warm`). */
export const coldLines = ({ rate, seconds = 0.5 }) =>
  resultOf(peer('bench-cold-lines'), [String(rate), String(seconds)]);

/** What it says, of a contest with the side `lines`. */
export const coldLinesText = (of) =>
  `${of('lines', 'lines')} cache lines that a spinning thread reads after such a pause take it ` +
  `${us(of('lines', 'p50Ns'))}, at once again ${us(of('lines', 'warmP50Ns'))}`;
