/**
 * Whether a book can be traded on, and why not. The worst that is known names it. `live` is what
 * `synced` means, and the only state in which orders and changes of orders go out
 * (`requireLiveBook`); cancels always do.
 */
export const BookState = {
  /** The connector is not there, or its market data connection with the venue is down. */
  Disconnected: 'disconnected',
  /** Whole, and as far as the connector knows the venue's feed goes on. */
  Live: 'live',
  /** The connector says that the venue's feed is silent, broken or unreadable; a notice tells which. */
  Stale: 'stale',
  /** Messages of the connector were lost or could not be read; the book is being fetched anew. */
  Gapped: 'gapped',
  /** Bids at or above asks for more than 100 ms. */
  Crossed: 'crossed',
  /** No whole book is at hand: none came yet, it was asked for anew, or it has no level at all. */
  Resyncing: 'resyncing',
} as const;
export type BookState = (typeof BookState)[keyof typeof BookState];

const BY_CODE: readonly BookState[] = [
  'disconnected',
  'live',
  'stale',
  'gapped',
  'crossed',
  'resyncing',
];

const REASONS: Readonly<Record<BookState, string>> = {
  disconnected: 'the connector is not there, or it has no market data connection with its venue',
  live: 'it is live by now',
  stale: 'the connector says that the feed of the venue is silent, broken or unreadable',
  gapped: 'messages were lost or could not be read, and it is being fetched anew',
  crossed: 'bids stand at or above asks',
  resyncing: 'no whole book has come yet',
};

/** The state of a number in a record or state block; `disconnected` for numbers it does not know. */
export function bookStateFromCode(code: number): BookState {
  return BY_CODE[code] ?? 'disconnected';
}

/** The number of a state in records and state blocks. */
export function bookStateToCode(state: BookState): number {
  return BY_CODE.indexOf(state);
}

/** Why a book in this state is not traded on, as a half sentence. */
export function reasonOfBookState(state: BookState): string {
  return REASONS[state];
}
