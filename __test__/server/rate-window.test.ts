import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RateWindow } from '../../lib/server/rate-window.js';
import { LatencyHistogram } from '../../lib/models/latency-histogram.js';

describe('rates of a counter', () => {
  it('are those of the last second and the last sixty', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 200 }), (steps) => {
        const window = new RateWindow();
        let total = 5;
        window.sample(total);
        for (const step of steps) window.sample((total += step));
        const sum = steps.slice(-60).reduce((a, b) => a + b, 0);
        expect([window.perSecond, window.perMinute]).toEqual([steps.at(-1) ?? 0, sum]);
      }),
    );
  });

  it('are never negative, and 0 before there is a second', () => {
    const window = new RateWindow();
    expect([window.perSecond, window.perMinute]).toEqual([0, 0]);
    window.sample(9);
    expect([window.perSecond, window.perMinute]).toEqual([0, 0]);
    window.sample(3);
    expect([window.perSecond, window.perMinute]).toEqual([0, 0]);
  });
});

describe('octaves of a latency histogram', () => {
  it('count every value in its power of two', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 })), (values) => {
        const histogram = new LatencyHistogram();
        const expected: number[] = [];
        for (const ns of values) {
          histogram.record(ns);
          const octave = ns < 64 ? 0 : Math.floor(Math.log2(ns)) - 5;
          while (expected.length <= octave) expected.push(0);
          expected[octave] = (expected[octave] ?? 0) + 1;
        }
        expect(histogram.summary().octaves).toEqual(expected);
      }),
    );
  });
});
