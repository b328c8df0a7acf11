import { agreement } from './agreement.js';
import { cancelLost } from './cancel-lost.js';
import { endedButLives } from './ended-but-lives.js';
import { fillPrices } from './fill-prices.js';
import { fills } from './fills.js';
import { livesUnknown } from './lives-unknown.js';
import { onlyLooks } from './only-looks.js';
import { readiness } from './readiness.js';
import type { Rule } from './rule.js';
import { sentLate } from './sent-late.js';
import { sentTwice } from './sent-twice.js';
import { terms } from './terms.js';

/** Everything that must hold in every schedule. */
export const RULES: readonly Rule[] = [
  endedButLives,
  cancelLost,
  fills,
  fillPrices,
  terms,
  sentTwice,
  sentLate,
  livesUnknown,
  agreement,
  readiness,
  onlyLooks,
];

/**
 * Names of rules that do not hold yet: their violations are counted in the output and do not fail
 * the run. The only such list; it is empty, and is to stay so.
 */
export const NOT_HELD_YET: ReadonlySet<string> = new Set<string>([]);
