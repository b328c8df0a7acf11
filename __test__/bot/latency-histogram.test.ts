import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from '../../lib/index.js';

describe('a latency histogram', () => {
  test('answers NaN before the first value', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.percentile(50)).toBeNaN();
    expect(histogram.maxNs).toBeNaN();
    expect(histogram.summary().count).toBe(0);
  });

  test('is within 1.6 % of the exact percentile', () => {
    const values = fc.array(fc.integer({ min: 0, max: 2 ** 40 - 1 }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (list, p) => {
        const histogram = new LatencyHistogram();
        for (const value of list) histogram.record(value);
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil((p / 100) * list.length)) - 1] ?? NaN;
        const found = histogram.percentile(p);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(exact * 1.016 + 1);
        expect(histogram.percentile(100)).toBe(sorted.at(-1));
      }),
    );
  });

  test('takes what is out of range without losing count', () => {
    const histogram = new LatencyHistogram();
    for (const ns of [NaN, -5, 2 ** 60, Infinity]) histogram.record(ns);
    expect(histogram.count).toBe(3);
    expect(histogram.percentile(1)).toBe(0);
  });

  test('merged with another counts both', () => {
    const one = new LatencyHistogram();
    const two = new LatencyHistogram();
    one.record(10);
    two.record(1000);
    one.merge(two);
    expect(one.count).toBe(2);
    expect(one.maxNs).toBe(1000);
    expect(one.meanNs).toBe(505);
    one.reset();
    expect(one.count).toBe(0);
  });
});
