import fc from 'fast-check';

const NAMES = [
  ...['type', 'status', 'code', 'message', 'details', 'symbol', 'timestamp', 'price', 'qty'],
  ...['side', 'is_buyer_maker', 'id', 'bids', 'asks', 'last_update_id', 'snapshot'],
  ...['data', 'error', 'e', 's', 't', 'a', 'b', 'p', 'q', 'T', 'E', 'm', 'U', 'u', 'pu'],
  ...['command', 'channel', 'tick', 'lot', 'interval_ms', 'toString', '__proto__', 'lastUpdateId'],
];
const WORDS = [
  ...['trade', 'aggTrade', 'depth', 'depthUpdate', 'status', 'error', 'ready', 'unreadable'],
  ...['subscribe', 'unsubscribe', 'ping', 'step', 'BTCUSDT', 'buy', 'trades'],
];

function nested(depth: number, [open, close]: readonly [string, string]): string {
  return open.repeat(depth) + '1' + close.repeat(depth);
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(...WORDS, null, 0, -1, 1e308, 2 ** 53, 42, true, [], {}, [5], [null], [[1]]),
);

/** The text of any JSON value: all kinds, nested deeply, and messages that are nearly right. */
export const anyJsonText: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.jsonValue().map((any) => JSON.stringify(any)) },
  fc.constantFrom('null', '0', '-1', '1e999', '"x"', 'true', '[]', '{}', '[null]', '{"data":null}'),
  fc
    .tuple(
      fc.integer({ min: 1, max: 30_000 }),
      fc.constantFrom(['[', ']'] as const, ['{"type":', '}'] as const, ['{"data":', '}'] as const),
    )
    .map(([depth, pair]) => nested(depth, pair)),
  {
    weight: 4,
    arbitrary: fc
      .dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 12 })
      .map((fields) => JSON.stringify(fields)),
  },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 12 })
      .map((data) => JSON.stringify({ stream: 'btcusdt@trade', data })),
  },
);

/** A line of `{"type":…}` whose one field is nested so deeply that it cannot be written again. */
export function deepField(name: string, depth = 30_000): string {
  return `{"type":"trade",${JSON.stringify(name)}:${nested(depth, ['[', ']'])}}`;
}
