/** A connection of a connector with its venue. */
export const VenueSocket = {
  /** Market data: books and trades. */
  Public: 'public',
  /** The account: orders, executions, positions, wallet. */
  Private: 'private',
  /** Requests about orders and their answers. */
  Trade: 'trade',
} as const;
export type VenueSocket = (typeof VenueSocket)[keyof typeof VenueSocket];

const BY_CODE: readonly (VenueSocket | undefined)[] = [undefined, 'public', 'private', 'trade'];

/** The connection of a `LinkSocket` number; `undefined` for numbers it does not know. */
export function venueSocketFromCode(code: number): VenueSocket | undefined {
  return BY_CODE[code];
}
