import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FeedEventError } from '../../lib/feed/feed-event-error.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { HftError } from '../../lib/models/hft-error.js';

const OPTIONS = { source: 'venue' };
const TRADE = {
  type: 'trade',
  symbol: 'BTCUSDT',
  timestamp: 1_700_000_000_123,
  price: 100.5,
  qty: 2,
  isBuyerMaker: false,
  id: 7,
};
const DEPTH = {
  type: 'depth',
  symbol: 'BTCUSDT',
  timestamp: 1_700_000_000_123,
  bids: [[100, 1]],
  asks: [[101, 2]],
  lastUpdateId: 9,
};

function refusal(raw: unknown, options: { source: string; defaultSymbol?: string } = OPTIONS) {
  try {
    normalizeEvent(raw, options);
  } catch (error) {
    expect(error).toBeInstanceOf(FeedEventError);
    expect(HftError.is(error)).toBe(true);
    const { code, field, message } = error as FeedEventError;
    expect(message).toContain('venue');
    return `${code} ${field}`;
  }
  return 'accepted';
}

const without = (raw: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(raw).filter(([name]) => !names.includes(name)));

describe('normalizeEvent, trades', () => {
  it('gives an immutable tick with every field', () => {
    const tick = normalizeEvent(TRADE, OPTIONS, 1_700_000_000_200);
    expect(tick).toEqual({
      type: 'trade',
      source: 'venue',
      symbol: 'BTCUSDT',
      timestampMs: 1_700_000_000_123,
      timestampNs: undefined,
      receivedMs: 1_700_000_000_200,
      price: 100.5,
      qty: 2,
      side: 'buy',
      isBuyerMaker: false,
      id: '7',
    });
    expect(Object.isFrozen(tick)).toBe(true);
  });

  it('takes a Date as the same instant in UTC', () => {
    const date = new Date('2024-02-29T12:00:00.250+05:00');
    expect(normalizeEvent({ ...TRADE, timestamp: date }, OPTIONS).timestampMs).toBe(
      Date.UTC(2024, 1, 29, 7, 0, 0, 250),
    );
  });

  it('keeps ns where the source has them', () => {
    const raw = { ...without(TRADE, 'timestamp'), timestampNs: 1_700_000_000_123_456_789n };
    expect(normalizeEvent(raw, OPTIONS)).toMatchObject({
      timestampMs: 1_700_000_000_123,
      timestampNs: 1_700_000_000_123_456_789n,
    });
  });

  it.each([
    [true, 'sell'],
    [false, 'buy'],
  ])('derives the side of isBuyerMaker %s as %s, in both spellings', (isBuyerMaker, side) => {
    expect(normalizeEvent({ ...TRADE, isBuyerMaker }, OPTIONS)).toMatchObject({ side });
    const snake = { ...without(TRADE, 'isBuyerMaker'), is_buyer_maker: isBuyerMaker };
    expect(normalizeEvent(snake, OPTIONS)).toMatchObject({ side, isBuyerMaker });
  });

  it('derives isBuyerMaker of the side, whatever its case', () => {
    const raw = { ...without(TRADE, 'isBuyerMaker'), side: 'Sell' };
    expect(normalizeEvent(raw, OPTIONS)).toMatchObject({ side: 'sell', isBuyerMaker: true });
  });

  it('reads decimal texts', () => {
    expect(normalizeEvent({ ...TRADE, price: '0.10', qty: '1e-3' }, OPTIONS)).toMatchObject({
      price: 0.1,
      qty: 0.001,
    });
  });

  it.each(['timestamp', 'price', 'qty', 'symbol', 'type'])('names a missing %s', (field) => {
    expect(refusal(without(TRADE, field))).toBe(`ERR_MISSING_FIELD ${field}`);
    expect(refusal({ ...TRADE, [field]: null })).toBe(`ERR_MISSING_FIELD ${field}`);
  });

  it('misses the side only when isBuyerMaker is missing as well', () => {
    expect(refusal(without(TRADE, 'isBuyerMaker'))).toBe('ERR_MISSING_FIELD side');
  });

  it('uses the default symbol where the event names none', () => {
    const options = { source: 'venue', defaultSymbol: 'ETHUSDT' };
    expect(normalizeEvent(without(TRADE, 'symbol'), options).symbol).toBe('ETHUSDT');
    expect(normalizeEvent(TRADE, options).symbol).toBe('BTCUSDT');
  });

  it.each([
    ['price', NaN],
    ['price', 0],
    ['price', -1],
    ['price', Infinity],
    ['price', '12x'],
    ['price', ''],
    ['price', ' 1'],
    ['price', '0x10'],
    ['price', {}],
    ['qty', 0],
    ['qty', '1,5'],
    ['qty', true],
    ['timestamp', 1.5],
    ['timestamp', 0],
    ['timestamp', -5],
    ['timestamp', '1700000000123'],
    ['timestamp', new Date(NaN)],
    ['timestamp', 1_700_000_000_123_000],
    ['timestampNs', 5],
    ['timestampNs', -1n],
    ['side', 'bid'],
    ['isBuyerMaker', 'no'],
    ['symbol', ''],
    ['symbol', 5],
    ['id', {}],
    ['id', NaN],
    ['type', 'kline'],
  ])('refuses %s: %s', (field, value) => {
    expect(refusal({ ...TRADE, [field]: value })).toBe(`ERR_INVALID_FIELD ${field}`);
  });

  it('refuses a side that contradicts isBuyerMaker', () => {
    expect(refusal({ ...TRADE, side: 'sell' })).toBe('ERR_INVALID_FIELD side');
  });

  it.each([[undefined], [null], [5], ['x'], [[]]])('refuses %j, which is no event', (raw) => {
    expect(refusal(raw)).toBe('ERR_INVALID_FIELD type');
  });
});

describe('normalizeEvent, depth', () => {
  it('gives an immutable update, levels included', () => {
    const update = normalizeEvent(
      { ...DEPTH, bids: [['100', '1'], { price: 99, qty: 0 }], snapshot: true },
      OPTIONS,
      5,
    );
    expect(update).toEqual({
      type: 'depth',
      source: 'venue',
      symbol: 'BTCUSDT',
      timestampMs: 1_700_000_000_123,
      timestampNs: undefined,
      receivedMs: 5,
      bids: [
        { price: 100, qty: 1 },
        { price: 99, qty: 0 },
      ],
      asks: [{ price: 101, qty: 2 }],
      lastUpdateId: 9,
      snapshot: true,
      merged: 1,
    });
    if (update.type !== 'depth') throw new Error('no depth');
    expect(Object.isFrozen(update.bids) && Object.isFrozen(update.bids[0])).toBe(true);
  });

  it('takes last_update_id and empty sides', () => {
    const raw = { ...without(DEPTH, 'lastUpdateId'), last_update_id: 3n, bids: [], asks: [] };
    expect(normalizeEvent(raw, OPTIONS)).toMatchObject({ lastUpdateId: 3, bids: [], asks: [] });
  });

  it.each(['bids', 'asks', 'lastUpdateId', 'timestamp'])('names a missing %s', (field) => {
    expect(refusal(without(DEPTH, field))).toBe(`ERR_MISSING_FIELD ${field}`);
  });

  it.each([
    [{ bids: 'x' }, 'ERR_INVALID_FIELD bids'],
    [{ bids: [[1, 1], 5] }, 'ERR_INVALID_FIELD bids[1]'],
    [{ asks: [[1]] }, 'ERR_MISSING_FIELD asks[0].qty'],
    [{ asks: [{ qty: 1 }] }, 'ERR_MISSING_FIELD asks[0].price'],
    [{ asks: [[0, 1]] }, 'ERR_INVALID_FIELD asks[0].price'],
    [{ asks: [[1, -1]] }, 'ERR_INVALID_FIELD asks[0].qty'],
    [{ asks: [[1, NaN]] }, 'ERR_INVALID_FIELD asks[0].qty'],
    [{ lastUpdateId: -1 }, 'ERR_INVALID_FIELD lastUpdateId'],
    [{ lastUpdateId: 1.5 }, 'ERR_INVALID_FIELD lastUpdateId'],
    [{ snapshot: 1 }, 'ERR_INVALID_FIELD snapshot'],
    [{ merged: 0 }, 'ERR_INVALID_FIELD merged'],
  ])('refuses %j', (change, expected) => {
    expect(refusal({ ...DEPTH, ...change })).toBe(expected);
  });
});

describe('normalizeEvent, properties', () => {
  it('either gives a whole frozen event or throws a FeedEventError, whatever comes in', () => {
    const junk = fc.oneof(fc.anything(), fc.constantFrom(1, 2.5, '3', 1_700_000_000_000, true));
    const raw = fc.record(
      {
        type: fc.oneof(fc.constantFrom('trade', 'depth'), junk),
        symbol: fc.oneof(fc.constant('A'), junk),
        timestamp: fc.oneof(fc.constant(1_700_000_000_000), fc.date(), junk),
        timestampNs: fc.oneof(fc.constant(undefined), fc.bigInt(), junk),
        price: junk,
        qty: junk,
        side: fc.oneof(fc.constantFrom('buy', 'sell'), junk),
        isBuyerMaker: fc.oneof(fc.boolean(), junk),
        bids: fc.oneof(fc.array(fc.tuple(fc.double(), fc.double())), junk),
        asks: fc.oneof(fc.constant([]), junk),
        lastUpdateId: fc.oneof(fc.nat(), junk),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(raw, (given) => {
        try {
          const event = normalizeEvent(given, OPTIONS);
          expect(Object.isFrozen(event)).toBe(true);
          expect(Number.isInteger(event.timestampMs)).toBe(true);
          if (event.type === 'trade') {
            expect(event.price > 0 && event.qty > 0).toBe(true);
            expect(event.isBuyerMaker).toBe(event.side === 'sell');
          } else {
            for (const level of [...event.bids, ...event.asks])
              expect(level.price > 0 && level.qty >= 0).toBe(true);
          }
        } catch (error) {
          if (!(error instanceof FeedEventError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('changes nothing when applied to its own result', () => {
    const trade = fc.record({
      type: fc.constant('trade'),
      symbol: fc.string({ minLength: 1 }),
      timestamp: fc.integer({ min: 1, max: 9e12 }),
      price: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      qty: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      side: fc.constantFrom('buy', 'sell'),
      id: fc.string(),
    });
    fc.assert(
      fc.property(trade, (raw) => {
        const once = normalizeEvent(raw, OPTIONS, 1);
        expect(normalizeEvent(once, OPTIONS, 1)).toEqual(once);
      }),
    );
  });
});
