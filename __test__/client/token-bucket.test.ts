import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TokenBucket } from '../../lib/client/token-bucket.js';

describe('TokenBucket', () => {
  it('lets the burst through, then the rate', () => {
    let now = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, () => now);
    expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false]);
    now = 99;
    expect(bucket.tryTake()).toBe(false);
    now = 100;
    expect(bucket.tryTake()).toBe(true);
    expect(bucket.tryTake()).toBe(false);
  });

  it('never grants more than burst plus rate times time, and a clock set back grants nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 200 }), { maxLength: 200 }), (steps) => {
        let now = 1_000;
        let latest = now;
        let granted = 0;
        let forwardMs = 0;
        const bucket = new TokenBucket({ perSecond: 20, burst: 5 }, () => now);
        for (const step of steps) {
          now += step;
          forwardMs += Math.max(0, step);
          latest = Math.max(latest, now);
          if (bucket.tryTake()) granted += 1;
        }
        expect(granted).toBeLessThanOrEqual(5 + (forwardMs / 1000) * 20 + 1e-6);
      }),
    );
  });

  it.each([[0], [-1], [NaN], [Infinity]])('refuses the rate %s', (perSecond) => {
    expect(() => new TokenBucket({ perSecond })).toThrow(RangeError);
  });
});
