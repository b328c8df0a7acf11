import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TopBook } from '../../lib/client/top-book.js';

describe('TopBook', () => {
  it('has no best price before the first level', () => {
    const book = new TopBook();
    expect([book.bestBid, book.bestAsk, book.bids(5)]).toEqual([undefined, undefined, []]);
    expect(book.synced).toBe(false);
  });

  it('agrees with a plain map of levels, best first, as long as sides do not cross', () => {
    const change = fc.record({
      bid: fc.boolean(),
      offset: fc.integer({ min: 1, max: 15 }),
      qty: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const book = new TopBook();
        const bids = new Map<number, number>();
        const asks = new Map<number, number>();
        for (const { bid, offset, qty } of changes) {
          const px = bid ? 100 - offset : 100 + offset;
          book.apply(bid, px, qty);
          const side = bid ? bids : asks;
          if (qty === 0) side.delete(px);
          else side.set(px, qty);
        }
        expect(book.bids(100)).toEqual([...bids].sort((a, b) => b[0] - a[0]));
        expect(book.asks(100)).toEqual([...asks].sort((a, b) => a[0] - b[0]));
      }),
    );
  });

  it('is never crossed: a new best removes what it crosses', () => {
    const change = fc.record({
      bid: fc.boolean(),
      px: fc.integer({ min: 90, max: 110 }),
      qty: fc.integer({ min: 0, max: 3 }),
    });
    let compared = 0;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const book = new TopBook();
        for (const { bid, px, qty } of changes) {
          book.apply(bid, px, qty);
          if (book.bestBid === undefined || book.bestAsk === undefined) continue;
          compared += 1;
          expect(book.bestBid).toBeLessThan(book.bestAsk);
        }
      }),
      { numRuns: 500 },
    );
    // A new best that crosses leaves the other side unknown, as most do here.
    expect(compared).toBeGreaterThan(100);
  });
});
