import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidLineError, parseRunnerLine } from '../../lib/connector/parse-runner-line.js';

const trade = {
  type: 'trade',
  timestamp: 1_700_000_000_123,
  symbol: 'BTCUSDT',
  price: 60_000.5,
  qty: 0.001,
  side: 'sell',
  is_buyer_maker: true,
  id: 'abc',
};
const depth = {
  type: 'depth',
  timestamp: 1_700_000_000_123,
  symbol: 'BTCUSDT',
  bids: [
    [60_000, 1],
    [59_999.9, 0],
  ],
  asks: [],
  last_update_id: 42,
  snapshot: false,
};

const parse = (value: unknown) => parseRunnerLine(JSON.stringify(value));

describe('a line of the JSON-lines protocol', () => {
  it('becomes a trade', () => {
    expect(parse(trade)).toEqual({
      type: 'trade',
      timestampMs: 1_700_000_000_123,
      symbol: 'BTCUSDT',
      price: 60_000.5,
      qty: 0.001,
      side: 'sell',
      isBuyerMaker: true,
      id: 'abc',
    });
  });

  it('names the side by who was the maker, and the other way round', () => {
    expect(parse({ ...trade, side: undefined })).toMatchObject({ side: 'sell' });
    expect(parse({ ...trade, side: undefined, is_buyer_maker: false })).toMatchObject({
      side: 'buy',
    });
    expect(parse({ ...trade, is_buyer_maker: undefined })).toMatchObject({ isBuyerMaker: true });
  });

  it('becomes a depth update, with decimals as numbers or as text', () => {
    const expected = {
      type: 'depth',
      timestampMs: 1_700_000_000_123,
      symbol: 'BTCUSDT',
      bids: depth.bids,
      asks: [],
      lastUpdateId: 42,
      snapshot: false,
      merged: 1,
    };
    expect(parse(depth)).toEqual(expected);
    const texts = depth.bids.map((level) => level.map(String));
    expect(parse({ ...depth, bids: texts, snapshot: undefined })).toEqual(expected);
  });

  it('becomes a status or an error', () => {
    expect(parse({ type: 'status', status: 'connected', socket: 'public' })).toEqual({
      type: 'status',
      status: 'connected',
      details: { type: 'status', status: 'connected', socket: 'public' },
    });
    expect(parse({ type: 'error', code: 3001, message: 'no such symbol' })).toEqual({
      type: 'error',
      code: '3001',
      message: 'no such symbol',
    });
  });

  it.each([
    ['not JSON', '{'],
    ['not a JSON object', '[1]'],
    ['not a JSON object', 'null'],
    ['type: "order" is none', '{"type":"order"}'],
    ['type: nothing is none', '{}'],
    ['timestamp: nothing', { ...trade, timestamp: undefined }],
    ['timestamp: 0 is not above 0', { ...trade, timestamp: 0 }],
    ['timestamp: "yesterday" is no number', { ...trade, timestamp: 'yesterday' }],
    ['symbol: ""', { ...trade, symbol: '' }],
    ['price: -1 is not above 0', { ...trade, price: -1 }],
    ['price: null', { ...trade, price: null }],
    ['price: "" is no number', { ...trade, price: '' }],
    ['qty: 0 is not above 0', { ...trade, qty: 0 }],
    ['side: "long"', { ...trade, side: 'long' }],
    ['side: buy contradicts', { ...trade, side: 'buy' }],
    ['is_buyer_maker: "yes"', { ...trade, is_buyer_maker: 'yes' }],
    ['side: nothing', { ...trade, side: undefined, is_buyer_maker: undefined }],
    ['id: {}', { ...trade, id: {} }],
    ['bids: nothing is no list', { ...depth, bids: undefined }],
    ['asks[0]: [1] is no', { ...depth, asks: [[1]] }],
    ['bids[1]: -5 is not above 0', { ...depth, bids: [[1, 1], [-5, 1]] }], // prettier-ignore
    ['bids[0]: quantity -1 is below 0', { ...depth, bids: [[1, -1]] }],
    ['last_update_id: "x"', { ...depth, last_update_id: 'x' }],
    ['snapshot: 1', { ...depth, snapshot: 1 }],
    ['code: nothing', { type: 'error', message: 'x' }],
  ])('is refused with what is wrong: %s', (reason, value) => {
    const line = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => parseRunnerLine(line)).toThrow(InvalidLineError);
    expect(() => parseRunnerLine(line)).toThrow(reason);
  });

  it('is refused when a number is beyond all numbers', () => {
    expect(() => parseRunnerLine(JSON.stringify(trade).replace('60000.5', '1e999'))).toThrow(
      'price',
    );
    expect(() => parseRunnerLine(JSON.stringify(depth).replace('60000', '1e999'))).toThrow('bids');
  });

  it('never throws anything but its own error, and gives finite numbers only', () => {
    const anything = fc.oneof(fc.json(), fc.string(), fc.jsonValue().map((v) => JSON.stringify({ ...trade, price: v })), fc.jsonValue().map((v) => JSON.stringify({ ...depth, bids: v }))); // prettier-ignore
    fc.assert(
      fc.property(anything, (line) => {
        try {
          const event = parseRunnerLine(line);
          const numbers = event.type === 'trade' ? [event.price, event.qty] : event.type === 'depth' ? event.bids.flat() : []; // prettier-ignore
          return numbers.every(Number.isFinite);
        } catch (error) {
          return error instanceof InvalidLineError;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
