import type { AccountView } from './account-view.js';

/** The account of a source that has none, or that has reported nothing yet. */
export const UNKNOWN_ACCOUNT: AccountView = Object.freeze({
  currency: '',
  equity: undefined,
  realisedPnl: undefined,
  unrealisedPnl: undefined,
});
