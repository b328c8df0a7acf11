import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RateMeter } from '../../lib/feed/rate-meter.js';

describe('RateMeter', () => {
  it('counts the last sixty whole seconds, as counting one by one does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 200_000 }),
        (gaps, after) => {
          const meter = new RateMeter();
          const times: number[] = [];
          let nowMs = 0;
          for (const gap of gaps) {
            nowMs += gap;
            times.push(nowMs);
            meter.record(nowMs);
          }
          nowMs += after;
          const oldest = Math.floor(nowMs / 1000) - 60;
          const expected = times.filter((ms) => Math.floor(ms / 1000) > oldest).length;
          expect(meter.perMinute(nowMs)).toBe(expected);
          expect(meter.total).toBe(times.length);
        },
      ),
    );
  });

  it('rates by the last full second', () => {
    const meter = new RateMeter();
    for (let i = 0; i < 100; i += 1) meter.record(500);
    expect(meter.perSecond(500)).toBe(0);
    expect(meter.perSecond(1_000)).toBe(100);
    expect(meter.perSecond(1_999)).toBe(100);
    expect(meter.perSecond(2_000)).toBe(0);
    expect(meter.perSecond(61_500)).toBe(0);
  });
});
