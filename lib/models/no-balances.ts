import { HftError } from './hft-error.js';

/** The error of a question for balances to a connector that reports none. */
export function noBalances(connector: string): HftError {
  return new HftError(
    'ERR_UNSUPPORTED_BY_CONNECTOR',
    `the connector ${connector} reports no balances.`,
    { remedy: "Use this package's connector, of this version." },
  );
}
