/** An instrument of the command line; sizes that are `undefined` are asked from the connector. */
export interface WantedInstrument {
  readonly symbol: string;
  readonly tickSize: number | undefined;
  readonly lotSize: number | undefined;
}

/** An instrument with its sizes. */
export interface KnownInstrument extends WantedInstrument {
  readonly tickSize: number;
  readonly lotSize: number;
}

/** True when it has both sizes. */
export function isKnown(wanted: WantedInstrument): wanted is KnownInstrument {
  return wanted.tickSize !== undefined && wanted.lotSize !== undefined;
}
