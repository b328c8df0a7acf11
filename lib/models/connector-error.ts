/** Kind of a connector's error. hftbacktest's `ErrorKind` in this order, from 0. */
export const ConnectorErrorCode = {
  /** The connection was interrupted; the connector tries to restore it. */
  ConnectionInterrupted: 'connection_interrupted',
  /** The connection is lost and will not come back by itself. */
  CriticalConnectionError: 'critical_connection_error',
  /** An order request failed. */
  OrderError: 'order_error',
  /** The venue's or connector's own: see `value`. */
  Custom: 'custom',
} as const;
export type ConnectorErrorCode = (typeof ConnectorErrorCode)[keyof typeof ConnectorErrorCode];

/** An error reported by a connector. Refusals of orders are none, see `OrderReject`. Immutable. */
export interface ConnectorError {
  readonly type: 'error';
  readonly kind: ConnectorErrorCode;
  /** Index of an instrument of the connector in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Number of the venue or connector, 0n when there is none. */
  readonly value: bigint;
  /** Text of the connector, '' when there is none. */
  readonly text: string;
  /**
   * Of an instrument that was refused: the steps of price and quantity that the symbol has. Absent where the
   * connector does not know them, and on other errors.
   */
  readonly sizes?: SymbolSizes;
}

/** Steps of a symbol. */
export interface SymbolSizes {
  /** Step of prices. */
  readonly tickSize: number;
  /** Step of quantities. */
  readonly lotSize: number;
}

const BY_CODE: readonly ConnectorErrorCode[] = [
  'connection_interrupted',
  'critical_connection_error',
  'order_error',
  'custom',
];

/** Kind of the `status` of an `Error` record; `custom` for numbers it does not know. */
export function connectorErrorFromCode(code: number): ConnectorErrorCode {
  return BY_CODE[code] ?? 'custom';
}
